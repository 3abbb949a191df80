"""What README and site list: the parts of the course, and one line on each notebook."""

PARTS = {
    "I Foundations": {
        "00_start_here": "what the course is; a first classifier in a few lines; claims and exercises",
        "01_data_preparation": "pixels, near-duplicates, wrong labels, data leakage, data augmentation, `tf.data`",
        "02_cnn_math": "convolution, pooling and receptive fields, from one sum of products to a matrix product",
        "02b_activations_and_losses": "activation functions, softmax, cross-entropy; vanishing gradients, dying ReLUs",
        "02c_backpropagation": "backpropagation and optimisers derived and checked; a network trained in NumPy",
        "03_mnist_cnn": "a tutorial's network rebuilt and beaten, one change at a time; digits of your own",
    },
    "II Craft": {
        "04_cats_vs_dogs": "a folder of photos with odd files, an input pipeline, a tutorial's network that overfits",
        "04b_better_and_decided": "a residual network with data augmentation; a threshold from costs; doubtful labels",
        "05_training_craft": "under- and overfitting, regularisation measured over seeds, hyperparameter search",
        "05b_rates_and_resuming": "optimisers, schedules, batch sizes, initialisation, batch normalisation, resuming",
        "06_architectures": "the ideas of VGG, ResNet and MobileNet in experiments; MACs and latency of networks",
        "07_transfer_learning": "an embedded ImageNet network: linear probes, few-shot learning, fine-tuning, Grad-CAM",
        "08_evaluation": "precision to ROC, and prevalence; confidence intervals put to the test; comparing networks",
        "08b_confidence": "calibration and temperature scaling, conformal prediction sets, selective classification",
        "08c_mistakes_and_robustness": "slices, attribution, wrong labels, corrupted and out-of-distribution images",
        "08d_failure_museum": "nine traps that print wrong numbers, each run beside the right way",
    },
    "III Into the world": {
        "10_your_own_images": "a folder of your images becomes a classifier, and a report that fails if it is not good",
    },
}
TO_COME = {
    "III Into the world": "deployment",
    "IV Applications": "faces, traffic signs, licence plates, object detection, medical images, defects, retrieval",
    "V Beyond": "other backends and many machines; questions people ask",
}
LEARN = {name: line for part in PARTS.values() for name, line in part.items()}

# Figures that the first page shows, one for each notebook: the beginning of its text alternative.
COVERS = {
    "00_start_here": "Two rows of eight silhouettes",
    "01_data_preparation": "A ring pattern shrunk in three ways",
    "02_cnn_math": "A photo of a temple and five results",
    "02b_activations_and_losses": "Line charts of ReLU, sigmoid and tanh",
    "02c_backpropagation": "Contour plots of a long valley",
    "03_mnist_cnn": "Bar chart of the validation error after each step",
    "04_cats_vs_dogs": "Learning curves of the loss",
    "04b_better_and_decided": "Line chart: mean cost against the decision threshold",
    "05_training_craft": "Two scatter plots of nine trials",
    "05b_rates_and_resuming": "Two line charts for four schedules",
    "06_architectures": "Six scatter plots: a spiral",
    "07_transfer_learning": "Three photos under Grad-CAM maps",
    "08_evaluation": "Line chart of coverage over true accuracy",
    "08b_confidence": "Two reliability diagrams: for digits",
    "08c_mistakes_and_robustness": "Grid of one handwritten 2",
    "08d_failure_museum": "Arrow chart from the reported accuracy",
    "10_your_own_images": "The most doubtful labels",
}
# Those of the picture at the top of README and site. No photo is among them: the repository stores none.
STRIP = [
    ("02_cnn_math", "Eight 3×3 kernels before and after training"),
    ("04_cats_vs_dogs", "Learning curves of the loss"),
    ("08c_mistakes_and_robustness", "Five confident mistakes"),
]
