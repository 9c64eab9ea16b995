/* SPDX-License-Identifier: MIT */
/* Reading the statistics that a plugin declares. */
#include "host/declaration.h"

#include <stdlib.h>

#include "base/memory.h"

#define DEFAULT_SAMPLE_PERIOD 10 /* seconds */

void clear_statistic(struct statistic *statistic)
{
	free(statistic->name);
	free(statistic->label);
	free(statistic->units);
	free(statistic->bins);
	*statistic = (struct statistic){0};
}

struct statistic copy_statistic(const struct statistic *statistic)
{
	struct statistic copy = *statistic;

	copy.name = xstrdup(statistic->name);
	copy.label = xstrdup(statistic->label);
	copy.units = xstrdup(statistic->units);
	copy.bins = xcalloc(statistic->bin_count, sizeof(*copy.bins));
	for (size_t i = 0; i < statistic->bin_count; i++)
		copy.bins[i] = statistic->bins[i];
	return copy;
}

/* Complains about a bin that is empty, or does not follow the one before it. */
static void check_bin(const struct declaration *at, const struct statistic *statistic, size_t i)
{
	const struct bin *bin = &statistic->bins[i];

	if (bin->from > bin->to)
		complain(at, "bin number %zu ends at %lld, before its beginning at %lld", i + 1,
		    (long long)bin->to, (long long)bin->from);
	if (bin->to == IML_OPEN && i + 1 < statistic->bin_count)
		complain(at, "bin number %zu is open; only the last may be", i + 1);
	else if (i > 0 && statistic->bins[i - 1].to != IML_OPEN &&
	         bin->from <= statistic->bins[i - 1].to)
		complain(at, "bin number %zu begins at %lld, which is not after bin number %zu",
		    i + 1, (long long)bin->from, i);
}

/* Takes over the bins of a histogram. */
static void read_bins(
    const struct declaration *at, const struct iml_statistic *declared, struct statistic *statistic)
{
	struct iml_bin bin;

	if (declared->bins == NULL || declared->bin_count == 0) {
		complain(at, "a histogram needs bins: IML_BINS({0, 512}, {513, IML_OPEN})");
		return;
	}
	if (!check_table(at, "bins", declared->bins, declared->bin_count, sizeof(bin)))
		return;
	statistic->bins = xcalloc(declared->bin_count, sizeof(*statistic->bins));
	statistic->bin_count = declared->bin_count;
	for (size_t i = 0; i < declared->bin_count; i++) {
		read_entry(declared->bins, i, sizeof(bin), &bin, sizeof(bin));
		statistic->bins[i] = (struct bin){.from = bin.from, .to = bin.to};
	}
	for (size_t i = 0; i < statistic->bin_count; i++)
		check_bin(at, statistic, i);
}

/* Takes over what depends on the statistic's type. */
static void read_type(
    const struct declaration *at, const struct iml_statistic *declared, struct statistic *statistic)
{
	statistic->type = declared->type;
	if (declared->type == STATISTIC_HISTOGRAM)
		read_bins(at, declared, statistic);
	else if (declared->type != STATISTIC_GAUGE && declared->type != STATISTIC_COUNTER)
		complain(at,
		    "type number %u is unknown: declare it with IML_GAUGE(), IML_COUNTER() or "
		    "IML_HISTOGRAM()",
		    declared->type);
	else if (declared->bins != NULL || declared->bin_count != 0)
		complain(at, "only a histogram has bins: declare it with IML_HISTOGRAM()");
}

/* Reads one statistic; false after a complaint if it has no usable name. */
bool read_statistic(const struct declaration *at, size_t index,
    const struct iml_statistic *declared, struct statistic *statistic)
{
	struct declaration item = *at;

	*statistic = (struct statistic){.sample_period = DEFAULT_SAMPLE_PERIOD};
	statistic->name =
	    read_name(at, "name of statistic", index, declared->name, ATTRIBUTE_NAME_MAX);
	if (statistic->name == NULL)
		return false;
	item.kind = "statistic";
	item.item = statistic->name;
	check_name(&item, statistic->name, ATTRIBUTE_NAME_MAX);
	statistic->label = read_label(&item, declared->label);
	if (statistic->label == NULL)
		statistic->label = label_from_name(statistic->name);
	statistic->units =
	    read_text(&item, "the name of its units", declared->units, DECLARATION_TEXT_MAX);
	if (statistic->units == NULL)
		statistic->units = xstrdup("");
	if (declared->sample_period < 0)
		complain(&item, "the sample period of %d s is not positive: leave it out for %d s",
		    declared->sample_period, DEFAULT_SAMPLE_PERIOD);
	else if (declared->sample_period > 0)
		statistic->sample_period = (uint32_t)declared->sample_period;
	read_type(&item, declared, statistic);
	return true;
}
