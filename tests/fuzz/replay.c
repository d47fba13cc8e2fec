/* SPDX-License-Identifier: MIT */
/*
 * Runs a target without libFuzzer, with any compiler:
 *
 *     replay_<target> [--dict FILE] [--random COUNT] [--seed SEED] [FILE or FOLDER ...]
 *
 * Files are inputs as they are. --random makes inputs: strings of bytes, strings of words of the
 * dictionary, and changes of the files before it. The seed of an input that ends the program is
 * printed, so that the same with `--seed SEED --random 1` runs it alone.
 */
#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

enum { MAX_WORDS = 1024, MAX_FILE = 1 << 20, MAX_KEPT = 400, MAX_MADE = 12 * 65 };

static uint8_t words[MAX_WORDS][64];
static size_t word_sizes[MAX_WORDS], word_count, inputs;
static uint8_t kept[MAX_WORDS][MAX_KEPT];
static size_t kept_sizes[MAX_WORDS], kept_count;
static uint64_t now_running; /* the seed of the input that is run */

static void die(const char *what, const char *name)
{
    fprintf(stderr, "%s %s\n", what, name);
    exit(2);
}

/* In memory of its own, so that sanitizers see its end. */
static void run_exactly(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size + (size == 0));
    memcpy(exact, data, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    inputs++;
}

/* ---- files ---- */

static void run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(MAX_FILE);
    if (file == NULL || data == NULL) {
        die("cannot read", path);
    }
    size_t size = fread(data, 1, MAX_FILE, file);
    fclose(file);
    run_exactly(data, size);
    if (size < MAX_KEPT && kept_count < MAX_WORDS) {
        memcpy(kept[kept_count], data, size);
        kept_sizes[kept_count++] = size;
    }
    free(data);
}

static void run_path(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        die("cannot read", path);
    }
    if (!S_ISDIR(info.st_mode)) {
        run_file(path);
        return;
    }
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        char name[4096];
        if (entry->d_name[0] != '.') {
            snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
            run_file(name);
        }
    }
    closedir(folder);
}

/* ---- dictionaries, in libFuzzer's form: "word" with \\ \" \xNN ---- */

static size_t read_word(const char *from, uint8_t *to)
{
    size_t size = 0;
    for (; *from != '\0' && *from != '"' && size < sizeof words[0]; from++) {
        unsigned byte = (uint8_t)*from;
        if (*from == '\\' && from[1] == 'x' && sscanf(from + 2, "%2x", &byte) == 1) {
            from += 3;
        } else if (*from == '\\') {
            byte = (uint8_t) * ++from;
        }
        to[size++] = (uint8_t)byte;
    }
    return size;
}

static void read_dictionary(const char *path)
{
    char line[512];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        die("cannot read", path);
    }
    while (fgets(line, sizeof line, file) != NULL && word_count < MAX_WORDS) {
        const char *quote = strchr(line, '"');
        if (line[0] != '#' && quote != NULL) {
            word_sizes[word_count] = read_word(quote + 1, words[word_count]);
            word_count++;
        }
    }
    fclose(file);
}

/* ---- random inputs ---- */

static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static size_t make_bytes(uint64_t *state, uint8_t *out)
{
    size_t size = next(state) % 48;
    bool ascii = next(state) % 2 != 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)next(state);
        out[i] = ascii ? (uint8_t)(' ' + byte % 95) : byte;
    }
    return size;
}

static size_t make_words(uint64_t *state, uint8_t *out)
{
    size_t count = 1 + next(state) % 12, size = 0;
    for (size_t i = 0; i < count && word_count > 0; i++) {
        size_t word = next(state) % word_count;
        memcpy(out + size, words[word], word_sizes[word]);
        size += word_sizes[word];
        if (next(state) % 3 == 0) {
            out[size++] = ' ';
        }
    }
    return size;
}

/* A stored input with a few bytes taken out, or words put in. */
static size_t make_change(uint64_t *state, uint8_t *out)
{
    size_t which = next(state) % kept_count, size = kept_sizes[which];
    memcpy(out, kept[which], size);
    for (size_t changes = 1 + next(state) % 4; changes > 0; changes--) {
        size_t at = next(state) % (size + 1), word = next(state) % (word_count + 1);
        if (word < word_count && size + word_sizes[word] < MAX_MADE) {
            memmove(out + at + word_sizes[word], out + at, size - at);
            memcpy(out + at, words[word], word_sizes[word]);
            size += word_sizes[word];
        }
        size_t gone = next(state) % 6, from = next(state) % (size + 1);
        gone = gone < size - from ? gone : size - from;
        memmove(out + from, out + from + gone, size - from - gone);
        size -= gone;
    }
    return size;
}

static void run_random(uint64_t seed, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        uint8_t made[MAX_MADE];
        now_running = seed + i;
        uint64_t state = now_running * UINT64_C(0x2545F4914F6CDD1D);
        unsigned how = (unsigned)(next(&state) % 3);
        size_t size = how == 0 && word_count > 0   ? make_words(&state, made)
                      : how == 1 && kept_count > 0 ? make_change(&state, made)
                                                   : make_bytes(&state, made);
        run_exactly(made, size);
    }
}

static void on_end(int number)
{
    char text[64];
    int len = snprintf(text, sizeof text, "seed %llu\n", (unsigned long long)now_running);
    if (write(STDERR_FILENO, text, (size_t)len) < 0) {
        _exit(3);
    }
    signal(number, SIG_DFL);
    raise(number);
}

int main(int argc, char **argv)
{
    uint64_t seed = 1;
    signal(SIGABRT, on_end);
    signal(SIGALRM, on_end);
    for (int i = 1; i < argc; i++) {
        bool has_next = i + 1 < argc;
        alarm(200); /* far more than all of it takes */
        if (has_next && strcmp(argv[i], "--dict") == 0) {
            read_dictionary(argv[++i]);
        } else if (has_next && strcmp(argv[i], "--seed") == 0) {
            seed = strtoull(argv[++i], NULL, 10);
        } else if (has_next && strcmp(argv[i], "--random") == 0) {
            run_random(seed, strtoull(argv[++i], NULL, 10));
        } else {
            run_path(argv[i]);
        }
    }
    printf("%zu inputs\n", inputs);
    return inputs == 0;
}
