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
}
TO_COME = {
    "III Into the world": "deployment; your own images",
    "IV Applications": "faces, traffic signs, licence plates, object detection, medical images, defects, retrieval",
    "V Beyond": "other backends and many machines; questions people ask",
}
LEARN = {name: line for part in PARTS.values() for name, line in part.items()}

# The figure of each notebook that the first page shows: the beginning of its text alternative.
COVERS = dict.fromkeys(LEARN, "-")
