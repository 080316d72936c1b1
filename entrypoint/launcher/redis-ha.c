/*
 * Starts the Java program that lies beside it, wherever the volume was mounted: static, so that it can say one clear
 * line even in an image in which nothing of ours can run. It never stays: it becomes the JVM, or PID 1 would be a
 * process that neither fences nor reaps.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char home[PATH_MAX];

static _Noreturn void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("redis-ha: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(1);
}

static char *in_home(const char *option, const char *path) {
    char *text;
    if (asprintf(&text, "%s%s%s", option, home, path) < 0) die("out of memory");
    return text;
}

static void find_home(void) {
    ssize_t length = readlink("/proc/self/exe", home, sizeof home - 1);
    if (length < 0) die("cannot read /proc/self/exe: %s", strerror(errno));
    home[length] = '\0';
    /* .../bin/redis-ha without its last two names; both calls only shorten it in place. */
    dirname(dirname(home));
}

/* The dynamic loader that our Java asks for: read from the file itself, so every architecture names its own. */
static char *loader(const char *java) {
    static char path[PATH_MAX];
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    int file = open(java, O_RDONLY | O_CLOEXEC);
    if (file < 0) die("cannot read %s: %s", java, strerror(errno));
    if (pread(file, &header, sizeof header, 0) != sizeof header) die("%s is cut off", java);
    for (int i = 0; i < header.e_phnum; i++) {
        off_t at = (off_t) (header.e_phoff + (Elf64_Off) i * sizeof segment);
        if (pread(file, &segment, sizeof segment, at) != sizeof segment) die("%s is cut off", java);
        if (segment.p_type != PT_INTERP || segment.p_filesz >= sizeof path) continue;
        if (pread(file, path, segment.p_filesz, (off_t) segment.p_offset) < 0) die("%s is cut off", java);
        close(file);
        return path;
    }
    die("%s names no loader", java);
}

/* What the loader finds amiss with a file of ours: its own words, or NULL. */
static char *amiss(char *ld, char *file) {
    static char said[512];
    int words[2];
    if (pipe(words) != 0) die("cannot make a pipe: %s", strerror(errno));
    pid_t child = fork();
    if (child < 0) die("cannot fork: %s", strerror(errno));
    if (child == 0) {
        dup2(words[1], STDOUT_FILENO);
        dup2(words[1], STDERR_FILENO);
        close(words[0]);
        close(words[1]);
        char *command[] = {ld, "--list", file, NULL};
        execv(ld, command);
        dprintf(STDERR_FILENO, "%s: %s\n", ld, strerror(errno));
        _exit(127);
    }
    close(words[1]);
    FILE *answer = fdopen(words[0], "r");
    if (answer == NULL) die("out of memory");
    char line[sizeof said];
    said[0] = '\0';
    while (fgets(line, sizeof line, answer) != NULL) {
        /* A missing library or version is not an error to it: it only says so. */
        if (said[0] == '\0' || (strstr(line, "not found") != NULL && strstr(said, "not found") == NULL)) {
            strcpy(said, line + strspn(line, " \t"));
        }
    }
    fclose(answer);
    said[strcspn(said, "\n")] = '\0';
    int status;
    waitpid(child, &status, 0);
    int loads = WIFEXITED(status) && WEXITSTATUS(status) == 0 && strstr(said, "not found") == NULL;
    return loads ? NULL : said[0] != '\0' ? said : "its dynamic loader does not work";
}

/*
 * Refuses an image in which Java cannot start, in the init phase, where the reason is still easy to find. That a
 * loader is there is not enough: Alpine may have a shim of that name, and an old glibc lacks symbols. Whose image is
 * not an engine's (check peers) has another way.
 */
static int check(int peers) {
    const char *use = peers ? "a Debian-based image, or peers.mode=init, in which nothing of ours runs in it" : "one such as redis:8.0 or valkey/valkey:9.1";
    char *files[] = {in_home("", "/jre/bin/java"), in_home("", "/jre/lib/server/libjvm.so")};
    char *ld = loader(files[0]);
    if (access(ld, X_OK) != 0) {
        die("this image has no glibc (Alpine/musl?): use %s", use);
    }
    for (int i = 0; i < 2; i++) {
        char *why = amiss(ld, files[i]);
        if (why != NULL) {
            die("Java cannot start in this image, use %s: %s", use, why);
        }
    }
    return 0;
}

int main(int argc, char **argv) {
    find_home();
    if (argc > 1 && strcmp(argv[1], "check") == 0) return check(argc > 2 && strcmp(argv[2], "peers") == 0);

    /* Commands come and go beside the running program: they get the small cache, which is loaded in half the time. */
    int agent = argc > 1 && strcmp(argv[1], "run") == 0;
    char *java = in_home("", "/jre/bin/java");
    char **command = calloc((size_t) argc + 7, sizeof *command);
    if (command == NULL) die("out of memory");
    int n = 0;
    command[n++] = java;
    command[n++] = in_home("@", agent ? "/lib/run.args" : "/lib/tool.args");
    command[n++] = in_home("-XX:AOTCache=", agent ? "/lib/run.aot" : "/lib/tool.aot");
    command[n++] = in_home("-Dredisha.home=", "");
    command[n++] = "-cp";
    command[n++] = in_home("", "/lib/redis-ha.jar");
    command[n++] = "io.redisha.Main";
    for (int i = 1; i < argc; i++) command[n++] = argv[i];
    command[n] = NULL;
    execv(java, command);
    die("cannot run %s: %s", java, strerror(errno));
}
