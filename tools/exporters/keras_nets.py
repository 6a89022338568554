# SPDX-License-Identifier: Apache-2.0
"""The architectures of the matrix in Keras: keras.applications where it has them, narrow, and small ones written here."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L

from data import CLASSES, training_steps

BATCH = 16  # of training


def conv(x, channels, kernel=3, stride=1, act="relu"):
    x = L.Conv2D(channels, kernel, stride, "same", use_bias=False)(x)
    x = L.BatchNormalization()(x)
    return L.Activation(act)(x) if act else x


def depthwise(x, stride=1):
    x = L.DepthwiseConv2D(3, stride, "same", use_bias=False)(x)
    return L.ReLU()(L.BatchNormalization()(x))


def head(x):
    return L.Dense(CLASSES)(L.GlobalAveragePooling2D()(x))


def mlp(x):
    x = L.Dense(64)(L.Flatten()(x))
    x = L.Dense(32, activation="relu")(L.ReLU()(L.BatchNormalization()(x)))
    return L.Dense(CLASSES, activation="softmax")(x)


def lenet5(x):
    x = L.AveragePooling2D(2)(L.Conv2D(6, 5, padding="same", activation="tanh")(x))
    x = L.AveragePooling2D(2)(L.Conv2D(16, 5, activation="tanh")(x))
    x = L.Dense(84, activation="tanh")(L.Dense(120, activation="tanh")(L.Flatten()(x)))
    return L.Dense(CLASSES)(x)


def residual(x, channels, stride):
    main = conv(conv(x, channels, 3, stride), channels, act=None)
    if stride != 1 or x.shape[-1] != channels:
        x = conv(x, channels, 1, stride, act=None)
    return L.ReLU()(L.Add()([main, x]))


def resnet8(x):
    x = conv(x, 16)
    for channels, stride in ((16, 1), (32, 2), (64, 2)):
        x = residual(x, channels, stride)
    return head(x)


def resnet18(x):
    x = L.MaxPooling2D(3, 2, "same")(conv(x, 16, 7, 2))
    for channels, stride in ((16, 1), (16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), (128, 1)):
        x = residual(x, channels, stride)
    return head(x)


def vgg(x):
    for channels, convolutions in ((16, 1), (32, 1), (32, 2), (64, 2)):
        for _ in range(convolutions):
            x = conv(x, channels)
        x = L.MaxPooling2D(2)(x)
    x = L.Dropout(0.5)(L.Dense(64, activation="relu")(L.Flatten()(x)))
    return L.Dense(CLASSES)(x)


def application(name, **options):
    def make(x):
        net = getattr(keras.applications, name)(input_tensor=x, weights=None, classes=CLASSES, **options)
        return net.output
    return make


def fire(x, squeeze, expand):
    x = L.Conv2D(squeeze, 1, activation="relu")(x)
    return L.Concatenate()([L.Conv2D(expand, 1, activation="relu")(x),
                            L.Conv2D(expand, 3, padding="same", activation="relu")(x)])


def squeezenet(x):
    x = L.MaxPooling2D(3, 2)(L.Conv2D(64, 3, 2, activation="relu")(x))
    x = L.MaxPooling2D(3, 2)(fire(fire(x, 16, 64), 16, 64))
    x = fire(fire(x, 32, 128), 32, 128)
    x = L.Conv2D(CLASSES, 1, activation="relu")(L.Dropout(0.5)(x))
    return L.GlobalAveragePooling2D()(x)


def shuffle(x):
    height, width, channels = x.shape[1:]
    x = L.Permute((1, 2, 4, 3))(L.Reshape((height, width, 2, channels // 2))(x))
    return L.Reshape((height, width, channels))(x)


def shuffle_unit(x, channels, stride):
    half = channels // 2
    if stride == 1:
        left, x = x[..., :half], x[..., half:]
    else:
        left = L.BatchNormalization()(L.DepthwiseConv2D(3, 2, "same", use_bias=False)(x))
        left = conv(left, half, 1)
    x = conv(x, half, 1)
    x = L.BatchNormalization()(L.DepthwiseConv2D(3, stride, "same", use_bias=False)(x))
    return shuffle(L.Concatenate()([left, conv(x, half, 1)]))


def shufflenet_v2(x):
    x = L.MaxPooling2D(3, 2, "same")(conv(x, 24, 3, 2))
    for channels, stride in ((48, 2), (48, 1), (96, 2), (96, 1)):
        x = shuffle_unit(x, channels, stride)
    return head(conv(x, 128, 1))


def densenet(x):
    x = L.MaxPooling2D(3, 2, "same")(conv(x, 16, 7, 2))
    for block in range(4):
        for _ in range(2):
            y = conv(L.ReLU()(L.BatchNormalization()(x)), 32, 1)
            x = L.Concatenate()([x, L.Conv2D(8, 3, padding="same", use_bias=False)(y)])
        x = L.ReLU()(L.BatchNormalization()(x))
        if block < 3:
            x = L.AveragePooling2D(2)(L.Conv2D(x.shape[-1] // 2, 1, use_bias=False)(x))
    return head(x)


def ds_cnn(x):
    x = conv(x, 64, (10, 4), 2)
    for _ in range(3):
        x = conv(depthwise(x), 64, 1)
    return head(L.Dropout(0.4)(x))


def dense_autoencoder(x):
    for units in (64, 64, 8, 64, 64):
        x = L.ReLU()(L.BatchNormalization()(L.Dense(units)(x)))
    return L.Dense(640)(x)


def conv_autoencoder(x):
    x = L.Conv2D(32, 3, 2, "same", activation="relu")(L.Conv2D(16, 3, 2, "same", activation="relu")(x))
    x = L.Conv2DTranspose(16, 3, 2, "same", activation="relu")(x)
    return L.Conv2DTranspose(1, 2, 2, activation="sigmoid")(x)


def unet(x):
    a = conv(x, 8)
    b = conv(L.MaxPooling2D(2)(a), 16)
    c = conv(L.MaxPooling2D(2)(b), 32)
    b = conv(L.Concatenate()([L.Conv2DTranspose(16, 2, 2)(c), b]), 16)
    return L.Conv2D(2, 1)(conv(L.Concatenate()([L.UpSampling2D()(b), a]), 8))


def espcn(x):
    x = L.Conv2D(16, 3, padding="same", activation="tanh")(L.Conv2D(32, 5, padding="same", activation="tanh")(x))
    x = L.Conv2D(4, 3, padding="same")(x)
    return L.Lambda(lambda y: tf.nn.depth_to_space(y, 2))(x)


def ecg_1d(x):
    for channels in (16, 32, 32):
        x = L.BatchNormalization()(L.Conv1D(channels, 7, padding="same")(x))
        x = L.MaxPooling1D(2)(L.ReLU()(x))
    return L.Dense(CLASSES)(L.GlobalAveragePooling1D()(x))


def yolo(x):
    x = conv(conv(x, 8, 3, 2, "silu"), 16, 3, 2, "silu")
    fine = L.Concatenate()([conv(x, 16, 1, 1, "silu"), conv(x, 16, 3, 1, "silu")])
    coarse = conv(fine, 32, 3, 2, "silu")
    coarse = conv(L.Concatenate()([coarse, L.MaxPooling2D(5, 1, "same")(coarse)]), 32, 1, 1, "silu")
    joined = L.Concatenate()([fine, L.UpSampling2D()(coarse)])
    return [L.Conv2D(18, 1)(joined), L.Conv2D(18, 1)(coarse)]


# name: what makes it, shape of one input
NETS = {
    "mlp": (mlp, (28, 28, 1)),
    "lenet5": (lenet5, (28, 28, 1)),
    "resnet8": (resnet8, (32, 32, 3)),
    "vgg": (vgg, (32, 32, 3)),
    "mobilenet_v1": (application("MobileNet", alpha=0.25), (64, 64, 3)),
    "ds_cnn": (ds_cnn, (49, 10, 1)),
    "dense_autoencoder": (dense_autoencoder, (640,)),
    "conv_autoencoder": (conv_autoencoder, (28, 28, 1)),
    "unet": (unet, (32, 32, 3)),
    "espcn": (espcn, (32, 32, 1)),
    "ecg_1d": (ecg_1d, (256, 2)),
    "yolo": (yolo, (64, 64, 3)),
    "resnet18": (resnet18, (64, 64, 3)),
    "mobilenet_v2": (application("MobileNetV2", alpha=0.35), (64, 64, 3)),
    "squeezenet": (squeezenet, (64, 64, 3)),
    "shufflenet_v2": (shufflenet_v2, (64, 64, 3)),
    "densenet": (densenet, (64, 64, 3)),
    "mobilenet_v3": (application("MobileNetV3Small", alpha=0.75), (64, 64, 3)),
    "efficientnet_b0": (application("EfficientNetB0"), (64, 64, 3)),
}


def train(net, data, steps):
    """Some steps: classifiers on classes, others shall repeat the mean of their input's channels at their size."""
    x, classes = data(steps * BATCH, 1000)
    shapes = [output.shape[1:] for output in net.outputs]
    if shapes == [(CLASSES,)]:
        last = net(x[:1], training=False).numpy()
        logits = not (last.min() >= 0 and np.isclose(last.sum(), 1))
        net.compile(keras.optimizers.Adam(2e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=logits))
        net.fit(x, classes, batch_size=BATCH, epochs=1, verbose=0)
        return
    means = x.mean(-1, keepdims=True) if x.ndim == 4 else x
    wanted = [tf.image.resize(means, shape[:2]).numpy().repeat(shape[-1], -1) if x.ndim == 4 else x for shape in shapes]
    net.compile(keras.optimizers.Adam(2e-3), ["mse"] * len(wanted))
    net.fit(x, wanted if len(wanted) > 1 else wanted[0], batch_size=BATCH, epochs=1, verbose=0)


def made(name, data, weights):
    """The network, trained briefly on `data`, a function of a count and a seed; `weights` keeps the result."""
    keras.utils.set_random_seed(1)
    make, shape = NETS[name]
    x = keras.Input(shape)
    net = keras.Model(x, make(x))
    for layer in net.layers:
        if isinstance(layer, L.BatchNormalization):
            layer.momentum = 0.9  # few steps
    if weights.exists():
        net.load_weights(weights)
        return net
    train(net, data, training_steps(name))
    net.save_weights(weights)
    return net
