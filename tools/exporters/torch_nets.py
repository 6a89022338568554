# SPDX-License-Identifier: Apache-2.0
"""The architectures of the matrix in PyTorch: torchvision's and timm's own, narrow, and small ones written here."""

import torch
import torchvision.models as tv
from torch import nn
from torchvision.models.densenet import DenseNet
from torchvision.models.efficientnet import EfficientNet, _efficientnet_conf
from torchvision.models.mobilenetv3 import MobileNetV3, _mobilenet_v3_conf
from torchvision.models.vgg import VGG, make_layers

from data import CLASSES, training_steps

BATCH = 16  # of training


def conv(c_in, c_out, kernel=3, stride=1, groups=1, act=nn.ReLU):
    """Convolution, BatchNorm and activation, "same" padding."""
    padding = tuple(k // 2 for k in kernel) if isinstance(kernel, tuple) else kernel // 2
    layers = [nn.Conv2d(c_in, c_out, kernel, stride, padding, groups=groups, bias=False), nn.BatchNorm2d(c_out)]
    return nn.Sequential(*layers, *([act()] if act else []))


class Residual(nn.Module):
    """Two 3 x 3 convolutions and a shortcut, as in ResNet-8."""

    def __init__(self, c_in, c_out, stride):
        super().__init__()
        self.main = nn.Sequential(conv(c_in, c_out, 3, stride), conv(c_out, c_out, act=None))
        self.shortcut = nn.Identity() if stride == 1 else conv(c_in, c_out, 1, stride, act=None)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.main(x) + self.shortcut(x))


def head(channels):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, CLASSES))


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(),
                         nn.Linear(32, CLASSES), nn.Softmax(dim=1))


def lenet5():
    return nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(),
                         nn.AvgPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(),
                         nn.Linear(84, CLASSES))


def resnet8():
    return nn.Sequential(conv(3, 16), Residual(16, 16, 1), Residual(16, 32, 2), Residual(32, 64, 2), head(64))


def vgg():
    net = VGG(make_layers([16, "M", 32, "M", 32, 32, "M", 64, 64, "M"], batch_norm=True), init_weights=False)
    net.avgpool = nn.AdaptiveAvgPool2d(2)
    net.classifier = nn.Sequential(nn.Linear(256, 64), nn.ReLU(True), nn.Dropout(), nn.Linear(64, CLASSES))
    return net


def mobilenet_v1():
    layers, channels = [conv(3, 8, 3, 2)], 8
    for c_out, stride in ((16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), (128, 1)):
        layers += [conv(channels, channels, 3, stride, channels), conv(channels, c_out, 1)]
        channels = c_out
    return nn.Sequential(*layers, head(channels))


def mobilenet_v2():
    return tv.mobilenet_v2(num_classes=CLASSES, width_mult=0.35)


def mobilenet_v3():
    setting, last = _mobilenet_v3_conf("mobilenet_v3_small", width_mult=0.5)
    return MobileNetV3(setting, last, num_classes=CLASSES)


def efficientnet_b0():
    setting, last = _efficientnet_conf("efficientnet_b0", width_mult=0.35, depth_mult=0.5)
    return EfficientNet(setting, dropout=0.2, last_channel=last or 256, num_classes=CLASSES)


def timm_net(name, **more):
    def make():
        import timm
        return timm.create_model(name, pretrained=False, num_classes=CLASSES, **more)
    return make


def ds_cnn():
    layers = [conv(1, 64, (10, 4), (2, 2))]
    for _ in range(3):
        layers += [conv(64, 64, 3, 1, 64), conv(64, 64, 1)]
    return nn.Sequential(*layers, nn.Dropout(0.4), head(64))


def dense_autoencoder():
    layers, sizes = [], [640, 64, 64, 8, 64, 64]
    for a, b in zip(sizes, sizes[1:]):
        layers += [nn.Linear(a, b), nn.BatchNorm1d(b), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(64, 640))


def conv_autoencoder():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(),
        nn.ConvTranspose2d(32, 16, 3, 2, 1, output_padding=1), nn.ReLU(), nn.ConvTranspose2d(16, 1, 2, 2), nn.Sigmoid())


class UNet(nn.Module):
    """Two steps down, two up, skips by concatenation."""

    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList([conv(3, 8), conv(8, 16), conv(16, 32)])
        self.pool = nn.MaxPool2d(2)
        self.up1, self.up0 = nn.ConvTranspose2d(32, 16, 2, 2), nn.Upsample(scale_factor=2, mode="nearest")
        self.join1, self.join0, self.last = conv(32, 16), conv(24, 8), nn.Conv2d(8, 2, 1)

    def forward(self, x):
        a = self.down[0](x)
        b = self.down[1](self.pool(a))
        c = self.down[2](self.pool(b))
        b = self.join1(torch.cat([self.up1(c), b], 1))
        return self.last(self.join0(torch.cat([self.up0(b), a], 1)))


def espcn():
    return nn.Sequential(nn.Conv2d(1, 32, 5, padding=2), nn.Tanh(), nn.Conv2d(32, 16, 3, padding=1), nn.Tanh(),
                         nn.Conv2d(16, 4, 3, padding=1), nn.PixelShuffle(2))


def ecg_1d():
    layers, channels = [], 2
    for c_out in (16, 32, 32):
        layers += [nn.Conv1d(channels, c_out, 7, padding=3), nn.BatchNorm1d(c_out), nn.ReLU(), nn.MaxPool1d(2)]
        channels = c_out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(channels, CLASSES))


class Yolo(nn.Module):
    """A small detector's body with SiLU, an upsampled branch, and raw heads of two sizes."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(conv(3, 8, 3, 2, act=nn.SiLU), conv(8, 16, 3, 2, act=nn.SiLU))
        self.left, self.right = conv(16, 16, 1, act=nn.SiLU), conv(16, 16, 3, act=nn.SiLU)
        self.down, self.pool = conv(32, 32, 3, 2, act=nn.SiLU), nn.MaxPool2d(5, 1, 2)
        self.merge, self.up = conv(64, 32, 1, act=nn.SiLU), nn.Upsample(scale_factor=2)
        self.heads = nn.ModuleList([nn.Conv2d(64, 18, 1), nn.Conv2d(32, 18, 1)])

    def forward(self, x):
        x = self.stem(x)
        fine = torch.cat([self.left(x), self.right(x)], 1)
        coarse = self.down(fine)
        coarse = self.merge(torch.cat([coarse, self.pool(coarse)], 1))
        return self.heads[0](torch.cat([fine, self.up(coarse)], 1)), self.heads[1](coarse)


# name: what makes it, shape of one input
NETS = {
    "mlp": (mlp, (1, 28, 28)),
    "lenet5": (lenet5, (1, 28, 28)),
    "resnet8": (resnet8, (3, 32, 32)),
    "vgg": (vgg, (3, 32, 32)),
    "mobilenet_v1": (mobilenet_v1, (3, 64, 64)),
    "ds_cnn": (ds_cnn, (1, 49, 10)),
    "dense_autoencoder": (dense_autoencoder, (640,)),
    "conv_autoencoder": (conv_autoencoder, (1, 28, 28)),
    "unet": (UNet, (3, 32, 32)),
    "espcn": (espcn, (1, 32, 32)),
    "ecg_1d": (ecg_1d, (2, 256)),
    "yolo": (Yolo, (3, 64, 64)),
    "densenet": (lambda: DenseNet(8, (2, 2, 2, 2), 16, num_classes=CLASSES), (3, 64, 64)),
    "resnet18": (lambda: tv.resnet18(num_classes=CLASSES), (3, 64, 64)),
    "mobilenet_v2": (mobilenet_v2, (3, 64, 64)),
    "shufflenet_v2": (lambda: tv.shufflenet_v2_x0_5(num_classes=CLASSES), (3, 64, 64)),
    "squeezenet": (lambda: tv.squeezenet1_1(num_classes=CLASSES), (3, 64, 64)),
    "mobilenet_v3": (mobilenet_v3, (3, 64, 64)),
    "efficientnet_b0": (efficientnet_b0, (3, 64, 64)),
    "efficientnet_lite0": (timm_net("efficientnet_lite0"), (3, 64, 64)),
    "mobilenet_v4": (timm_net("mobilenetv4_conv_small_035"), (3, 64, 64)),
}


def loss_of(output, x, classes):
    """Cross entropy of classifiers; others shall repeat the mean of their input's channels at their outputs' size."""
    functional = nn.functional
    if isinstance(output, tuple):
        return sum(loss_of(each, x, classes) for each in output)
    if output.shape[1:] == (CLASSES,):
        probabilities = bool((output >= 0).all()) and bool(torch.isclose(output.sum(1), torch.ones(len(output))).all())
        return functional.nll_loss(output.log(), classes) if probabilities else functional.cross_entropy(output, classes)
    if output.dim() == 4:
        x = functional.interpolate(x.mean(1, keepdim=True), size=output.shape[2:]).expand_as(output)
    return functional.mse_loss(output, x)


def made(name, data, weights):
    """The network, trained briefly on `data`, a function of a count and a seed; `weights` keeps the result."""
    torch.manual_seed(1)
    net = NETS[name][0]()
    if weights.exists():
        net.load_state_dict(torch.load(weights))
        return net.eval()
    optimizer = torch.optim.Adam(net.parameters(), 2e-3)
    net.train()
    for step in range(training_steps(name)):
        x, classes = (torch.from_numpy(a) for a in data(BATCH, 1000 + step))
        optimizer.zero_grad()
        loss_of(net(x), x, classes).backward()
        optimizer.step()
    torch.save(net.state_dict(), weights)
    return net.eval()
