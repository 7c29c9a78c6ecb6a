// Stands for `ipset` in the suite's shell scripts, which start it tens of thousands of times: hands its arguments and
// its input to the server (server.mjs), where our command runs in one process, and gives back output and exit code.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void put(int fd, const char *bytes, size_t size) {
  while (size > 0) {
    ssize_t done = write(fd, bytes, size);
    if (done <= 0) exit(125);
    bytes += done;
    size -= done;
  }
}

static char *take(int fd, size_t size) {
  char *bytes = malloc(size + 1);
  for (size_t at = 0; at < size;) {
    ssize_t got = read(fd, bytes + at, size - at);
    if (got <= 0) exit(125);
    at += got;
  }
  return bytes;
}

int main(int argc, char **argv) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  char buffer[65536], cwd[4096];
  int fd = socket(AF_UNIX, SOCK_STREAM, 0), restore = 0;

  snprintf(address.sun_path, sizeof(address.sun_path), "%s", getenv("NFKIT_FORWARD"));
  if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) return 125;
  if (!getcwd(cwd, sizeof(cwd))) return 125;
  put(fd, cwd, strlen(cwd) + 1);
  for (int i = 1; i < argc; i++) {
    put(fd, argv[i], strlen(argv[i]) + 1);
    if (!strcmp(argv[i], "-R") || (argv[i][0] == 'r' && !strncmp("restore", argv[i], strlen(argv[i])))) restore = 1;
  }
  put(fd, "\1", 2);
  if (restore) {
    for (ssize_t got; (got = read(0, buffer, sizeof(buffer))) > 0;) put(fd, buffer, got);
  }
  shutdown(fd, SHUT_WR);
  uint32_t *head = (uint32_t *)take(fd, 12);
  put(1, take(fd, head[1]), head[1]);
  put(2, take(fd, head[2]), head[2]);
  return head[0];
}
