/* SPDX-License-Identifier: MIT */
/*
 * Reads every stored sample of an array of t_samples and holds it against the ledger:
 *
 *	bench_store_ledger CONNINFO ARRAY LEDGER DRIVES GAUGES
 *
 * Prints how many samples are stored, how many scans are stored that are not in the ledger, and the
 * checksum. Fails if a sample is lost, is there twice, or is not what was sampled.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/memory.h"
#include "model/frame.h"
#include "../plugins/samples.h"

struct audit {
	PGconn *connection;
	const char *array;
	int64_t drives;
	int64_t gauges;
	int64_t scan_count; /* numbers of scans are below this */
	bool *acknowledged;
	uint32_t *stored; /* samples of each scan */
	uint64_t *sums;   /* checksum of them */
	uint64_t samples;
};

/* The drive in each slot of a cohort; -1: none. */
struct seats {
	int64_t cohort;
	int64_t drives[FRAME_SLOTS];
};

static void __attribute__((noreturn)) fail(const char *what, int64_t number)
{
	fprintf(stderr, "bench_store_ledger: %s: %lld\n", what, (long long)number);
	exit(1);
}

static PGresult *ask(PGconn *connection, const char *sql, const char *parameter, int format)
{
	PGresult *result = PQexecParams(connection, sql, 1, NULL, &parameter, NULL, NULL, format);

	if (PQresultStatus(result) != PGRES_TUPLES_OK) {
		fprintf(stderr, "%s", PQerrorMessage(connection));
		exit(1);
	}
	return result;
}

static void read_ledger(struct audit *audit, const char *path)
{
	struct ledger_line line, last = {0};
	FILE *file = fopen(path, "r");

	if (file == NULL)
		fail("no ledger", 0);
	while (fread(&line, sizeof(line), 1, file) == 1)
		last = line;
	/* The last scans of each life may be stored without being in the ledger. */
	audit->scan_count = last.number + 4;
	audit->acknowledged = xcalloc((size_t)audit->scan_count, sizeof(*audit->acknowledged));
	audit->stored = xcalloc((size_t)audit->scan_count, sizeof(*audit->stored));
	audit->sums = xcalloc((size_t)audit->scan_count, sizeof(*audit->sums));
	rewind(file);
	while (fread(&line, sizeof(line), 1, file) == 1) {
		if (audit->acknowledged[line.number])
			fail("a number is twice in the ledger", line.number);
		audit->acknowledged[line.number] = true;
	}
	fclose(file);
}

/* What a sample adds to the checksum of its scan. */
static uint64_t part_of_sum(int64_t drive, int64_t gauge, int64_t value)
{
	return (uint64_t)(drive * 4 + gauge + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)value;
}

static void check_sample(struct audit *audit, int64_t drive, int64_t gauge, double number)
{
	int64_t value = (int64_t)number;
	int64_t scan = sample_scan(value);

	if (scan <= 0 || scan >= audit->scan_count)
		fail("a sample of a scan that never was", scan);
	if (drive < 0 || value != sample_value(scan, drive, gauge))
		fail("a sample is not what was sampled, in scan", scan);
	audit->stored[scan]++;
	audit->sums[scan] += part_of_sum(drive, gauge, value);
	audit->samples++;
}

static void check_frame(
    struct audit *audit, const struct seats *seats, int64_t gauge, const void *payload, size_t size)
{
	static struct frame frame;

	if (!frame_decode(payload, size, &frame))
		fail("a frame can't be read, of cohort", seats->cohort);
	for (size_t slot = 0; slot < FRAME_SLOTS; slot++)
		if (frame.present[slot])
			check_sample(audit, seats->drives[slot], gauge, frame.value[slot]);
}

static void read_seats(PGconn *connection, const char *cohort, struct seats *seats)
{
	PGresult *result = ask(connection,
	    "SELECT slot, substr(attributes->>'serial', 2) FROM storage.slot"
	    " JOIN storage.resource ON resource.id = resource_id WHERE cohort_id = $1",
	    cohort, 0);

	seats->cohort = atoll(cohort);
	for (size_t slot = 0; slot < FRAME_SLOTS; slot++)
		seats->drives[slot] = -1;
	for (int i = 0; i < PQntuples(result); i++)
		seats->drives[atoi(PQgetvalue(result, i, 0))] = atoll(PQgetvalue(result, i, 1));
	PQclear(result);
}

/* Reads the frames of a cohort, a thousand at a time. */
static void check_cohort(struct audit *audit, const char *cohort)
{
	struct seats seats;
	PGresult *result;
	int count;

	read_seats(audit->connection, cohort, &seats);
	PQclear(PQexec(audit->connection, "BEGIN"));
	PQclear(PQexecParams(audit->connection,
	    "DECLARE frames BINARY CURSOR FOR SELECT ascii(substr(name, 2)) - 48, payload"
	    " FROM storage.frame_0 JOIN storage.statistic ON statistic.id = statistic_id"
	    " WHERE cohort_id = $1",
	    1, NULL, &cohort, NULL, NULL, 0));
	do {
		result = PQexecParams(
		    audit->connection, "FETCH 1000 FROM frames", 0, NULL, NULL, NULL, NULL, 1);
		if (PQresultStatus(result) != PGRES_TUPLES_OK)
			fail(PQerrorMessage(audit->connection), seats.cohort);
		count = PQntuples(result);
		for (int i = 0; i < count; i++)
			check_frame(audit, &seats, PQgetvalue(result, i, 0)[3],
			    PQgetvalue(result, i, 1), (size_t)PQgetlength(result, i, 1));
		PQclear(result);
	} while (count > 0);
	PQclear(PQexec(audit->connection, "COMMIT"));
}

static void check_cohorts(struct audit *audit)
{
	PGresult *cohorts = ask(audit->connection,
	    "SELECT cohort.id FROM storage.cohort"
	    " JOIN storage.resource ON resource.id = scannable_id"
	    " WHERE attributes->>'name' = $1",
	    audit->array, 0);

	for (int i = 0; i < PQntuples(cohorts); i++)
		check_cohort(audit, PQgetvalue(cohorts, i, 0));
	PQclear(cohorts);
}

static uint64_t expected_sum(const struct audit *audit, int64_t scan)
{
	uint64_t sum = 0;

	for (int64_t drive = 0; drive < audit->drives; drive++)
		for (int64_t gauge = 0; gauge < audit->gauges; gauge++)
			sum += part_of_sum(drive, gauge, sample_value(scan, drive, gauge));
	return sum;
}

/* Each scan is stored in full or not at all, and those in the ledger are. */
static uint64_t check_scans(const struct audit *audit, unsigned *more)
{
	uint64_t sum = 0;

	for (int64_t scan = 0; scan < audit->scan_count; scan++) {
		if (audit->acknowledged[scan] && audit->stored[scan] == 0)
			fail("lost: scan", scan);
		if (audit->stored[scan] == 0)
			continue;
		if (audit->stored[scan] != audit->drives * audit->gauges ||
		    audit->sums[scan] != expected_sum(audit, scan))
			fail("stored in part, or in part twice: scan", scan);
		*more += !audit->acknowledged[scan];
		sum += audit->sums[scan];
	}
	return sum;
}

int main(int argc, char **argv)
{
	struct audit audit = {0};
	unsigned more = 0;
	uint64_t sum;

	if (argc != 6)
		return 64;
	audit.connection = PQconnectdb(argv[1]);
	audit.array = argv[2];
	audit.drives = atoll(argv[4]);
	audit.gauges = atoll(argv[5]);
	read_ledger(&audit, argv[3]);
	check_cohorts(&audit);
	sum = check_scans(&audit, &more);
	printf(
	    "%llu %u %016llx\n", (unsigned long long)audit.samples, more, (unsigned long long)sum);
	PQfinish(audit.connection);
	free(audit.acknowledged);
	free(audit.stored);
	free(audit.sums);
	return 0;
}
