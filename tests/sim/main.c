/*
 * The command: seeds in a row, one seed as a story, the planted bugs, the storm.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seed.h"

static const char usage_text[] =
    "Usage: sim [--seeds FIRST..LAST] [--hours N] [--faults NAME,...] [--hashes]\n"
    "       sim --seed S [--trace] [--levels]    plays one seed, and tells its story\n"
    "       sim --plants [NAME]                  each planted bug fails its check\n"
    "       sim --storm N [--outage MS] [--window MS]\n"
    "                                           N clients lose their server at once\n"
    "       sim --list                           the checks, the faults, the bugs\n"
    "\n"
    "Plays the client through simulated days of faults. The status is 0 if every check\n"
    "held. Default: seeds 1..100, 24 hours, all faults.\n";

struct args {
    uint64_t first, last;
    bool trace, hashes, list, plants;
    const char *plant;
    unsigned storm;
    uint32_t outage_ms, window_ms;
    struct seed_config config;
};

static bool read_number(const char *text, uint64_t *ret)
{
    char *end;
    *ret = strtoull(text, &end, 10);
    return *text && !*end;
}

static bool read_range(const char *text, struct args *args)
{
    const char *dots = strstr(text, "..");
    char first[32];
    if (!dots || (size_t)(dots - text) >= sizeof first)
        return false;
    memcpy(first, text, (size_t)(dots - text));
    first[dots - text] = '\0';
    return read_number(first, &args->first) && read_number(dots + 2, &args->last);
}

static bool read_faults(const char *text, struct args *args)
{
    memset(args->config.allowed, 0, sizeof args->config.allowed);
    while (*text) {
        size_t len = strcspn(text, ",");
        bool found = false;
        for (int i = 0; i < FAULT_COUNT; i++) {
            const char *name = fault_name((enum fault)i);
            if ((strlen(name) == len && !strncmp(name, text, len)) ||
                (len == 3 && !strncmp(text, "all", 3)))
                args->config.allowed[i] = found = true;
        }
        if (!found)
            return false;
        text += len + (text[len] == ',');
    }
    return true;
}

static bool read_args(int argc, char **argv, struct args *args)
{
    static const struct option options[] = {{"seeds", required_argument, NULL, 's'},
                                            {"seed", required_argument, NULL, 'S'},
                                            {"hours", required_argument, NULL, 'h'},
                                            {"faults", required_argument, NULL, 'f'},
                                            {"hashes", no_argument, NULL, 'H'},
                                            {"trace", no_argument, NULL, 't'},
                                            {"levels", no_argument, NULL, 'L'},
                                            {"plants", no_argument, NULL, 'p'},
                                            {"storm", required_argument, NULL, 'n'},
                                            {"outage", required_argument, NULL, 'o'},
                                            {"window", required_argument, NULL, 'w'},
                                            {"list", no_argument, NULL, 'l'},
                                            {NULL, 0, NULL, 0}};
    uint64_t number = 0;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
        bool good = true;
        switch (option) {
        case 's':
            good = read_range(optarg, args);
            break;
        case 'S':
            good = read_number(optarg, &args->first);
            args->last = args->first;
            break;
        case 'h':
            good = read_number(optarg, &number) && number >= 1 && number <= 24 * 366;
            args->config.hours = (uint32_t)number;
            break;
        case 'f':
            good = read_faults(optarg, args);
            break;
        case 'H':
            args->hashes = true;
            break;
        case 't':
            args->config.story = true;
            break;
        case 'L':
            args->config.levels = true;
            break;
        case 'p':
            args->plants = true;
            break;
        case 'n':
            good = read_number(optarg, &number) && number >= 1 && number <= 100000;
            args->storm = (unsigned)number;
            break;
        case 'o':
            good = read_number(optarg, &number) && number <= 600000;
            args->outage_ms = (uint32_t)number;
            break;
        case 'w':
            good = read_number(optarg, &number) && number >= 1 && number <= 60000;
            args->window_ms = (uint32_t)number;
            break;
        case 'l':
            args->list = true;
            break;
        default:
            good = false;
            break;
        }
        if (!good)
            return false;
    }
    if (optind < argc && args->plants)
        args->plant = argv[optind++];
    return optind == argc;
}

static void list(void)
{
    printf("Checks:\n");
    for (int i = CHECK_NONE + 1; i < CHECK_END; i++)
        printf("  %-4s %-16s %s\n", check_id((enum check)i), check_name((enum check)i),
               check_what((enum check)i));
    printf("Faults:\n");
    for (int i = 0; i < FAULT_COUNT; i++)
        printf("  %-18s %s\n", fault_name((enum fault)i), fault_what((enum fault)i));
    printf("Planted bugs, and the check that each fails:\n");
    for (int i = 1; i < PLANT_COUNT; i++) {
        enum check check = plant_check((enum plant)i);
        printf("  %-18s %-5s %s\n", plant_name((enum plant)i),
               check == CHECK_NONE ? "storm" : check_id(check),
               plant_what((enum plant)i));
    }
}

static int run_seeds(const struct args *args)
{
    struct seed_config config = args->config;
    uint64_t facts = 0, dials = 0, messages = 0, failed = 0;
    for (uint64_t seed = args->first; seed <= args->last; seed++) {
        struct seed_result result;
        config.seed = seed;
        seed_run(&config, &result);
        facts += result.facts;
        dials += result.dials;
        messages += result.messages;
        if (args->hashes)
            printf("%" PRIu64 " %016" PRIx64 "\n", seed, result.hash);
        if (result.violation.check) {
            failed++;
            printf("seed %" PRIu64 " at %" PRIu64 " ms: %s %s: %s\n", seed,
                   result.violation.at, check_id(result.violation.check),
                   check_name(result.violation.check), result.violation.text);
            fflush(stdout);
        }
    }
    uint64_t seeds = args->last - args->first + 1;
    if (!args->hashes)
        printf("%" PRIu64 " seeds of %u hours: %" PRIu64 " attempts, %" PRIu64
               " events published, %" PRIu64 " facts, %" PRIu64
               " seeds with a violation\n",
               seeds, (unsigned)config.hours, dials, messages, facts, failed);
    return failed != 0;
}

/* 15 % of the attempts. */
enum { STORM_LIMIT_PERMILLE = 150 };

static int run_storm(const struct args *args)
{
    struct violation violation;
    struct storm_config config = {
        .seed = args->first,
        .clients = args->storm,
        .outage_ms = args->outage_ms,
        .window_ms = args->window_ms,
        .story = args->config.story,
    };
    unsigned permille = storm_run(&config, &violation);
    printf("%u clients, server gone for %u ms: the busiest %u ms hold %u.%u %% of the "
           "attempts\n",
           args->storm, (unsigned)args->outage_ms, (unsigned)args->window_ms,
           permille / 10, permille % 10);
    if (violation.check)
        printf("%s %s: %s\n", check_id(violation.check), check_name(violation.check),
               violation.text);
    return violation.check || permille > STORM_LIMIT_PERMILLE;
}

/* One planted bug: fails its check within some seeds. In others it may fail another
 * first, because one thing leads to the next. */
static bool plant_is_found(const struct args *args, enum plant plant)
{
    struct seed_config config = args->config;
    config.plant = plant;
    for (uint64_t seed = args->first; seed < args->first + 200; seed++) {
        struct seed_result result;
        config.seed = seed;
        seed_run(&config, &result);
        if (result.violation.check != plant_check(plant))
            continue;
        printf("%-18s found by %s in seed %" PRIu64 ": %s\n", plant_name(plant),
               check_id(result.violation.check), seed, result.violation.text);
        return true;
    }
    printf("%-18s NOT found\n", plant_name(plant));
    return false;
}

static bool storm_plant_is_found(const struct args *args)
{
    struct violation violation;
    struct storm_config config = {
        .seed = args->first,
        .clients = 1000,
        .window_ms = 100,
        .plant = PLANT_SAME_JITTER,
    };
    unsigned permille = storm_run(&config, &violation);
    bool found = permille > STORM_LIMIT_PERMILLE;
    printf("%-18s %s by the storm: the busiest 100 ms hold %u.%u %%\n", "SAME_JITTER",
           found ? "found" : "NOT found", permille / 10, permille % 10);
    return found;
}

static int run_plants(const struct args *args)
{
    int missed = 0;
    bool checked[CHECK_END] = {false};
    for (int i = 1; i < PLANT_COUNT; i++) {
        enum plant plant = (enum plant)i;
        if (args->plant && strcmp(args->plant, plant_name(plant)))
            continue;
        bool found = plant == PLANT_SAME_JITTER ? storm_plant_is_found(args)
                                                : plant_is_found(args, plant);
        missed += !found;
        checked[plant_check(plant)] |= found;
    }
    for (int i = CHECK_NONE + 1; i < CHECK_END && !args->plant; i++) {
        if (!checked[i]) {
            printf("no planted bug was found by %s\n", check_id((enum check)i));
            missed++;
        }
    }
    return missed != 0;
}

int main(int argc, char **argv)
{
    struct args args = {.first = 1, .last = 100, .window_ms = 1000, .config.hours = 24};
    memset(args.config.allowed, 1, sizeof args.config.allowed);
    if (!read_args(argc, argv, &args)) {
        fputs(usage_text, stderr);
        return 2;
    }
    if (args.list) {
        list();
        return 0;
    }
    if (args.storm)
        return run_storm(&args);
    return args.plants ? run_plants(&args) : run_seeds(&args);
}
