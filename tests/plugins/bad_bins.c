/* SPDX-License-Identifier: MIT */
/* Histograms whose bins are wrong. */
#include <iml/storage_plugin.h>

static const struct iml_class drive = {
    .name = "Drive",
    .identifier = IML_SCOPED_ID("serial"),
    .attributes = IML_ATTRIBUTES(IML_STRING("serial")),
    .statistics = IML_STATISTICS(IML_HISTOGRAM("none"),
        IML_HISTOGRAM("open", IML_BINS({0, IML_OPEN}, {5, 9})),
        IML_HISTOGRAM("backward", IML_BINS({9, 5})),
        IML_HISTOGRAM("overlapping", IML_BINS({0, 512}, {512, IML_OPEN})),
        IML_HISTOGRAM("good", IML_BINS({0, 512}, {513, 4096}, {4097, IML_OPEN}))),
};

IML_PLUGIN(bad_bins, .classes = IML_CLASSES(&drive));
