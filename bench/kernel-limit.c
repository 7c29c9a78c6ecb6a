/*
 * What the kernel alone takes: the least time any program could need to fill or read a set. Everything is written
 * beforehand, so that the clock sees system calls only.
 *
 *   kernel-limit add SET ip|net COUNT   COUNT entries in messages of 64 KB, each acknowledged
 *   kernel-limit single SET COUNT       COUNT addresses, one message and one acknowledgement each
 *   kernel-limit dump SET               reads a whole set without looking at its entries
 *   kernel-limit batch FILE COUNT       sends a batch of nf_tables COUNT times, as of the generation that there is, with
 *                                       pauses of 100 ms as timed() has them: the middle one of the times
 *   kernel-limit rules                  reads the rules of the table ip filter without looking at them
 *
 * The entries are those of data.mjs: addresses from 10.0.0.0 on, /24 networks from 16.0.0.0 on. Prints seconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

enum { ADT_MAX = 65535, ROOM = ADT_MAX + 128, DATAGRAM = 128 * 1024 };

struct buffer {
  unsigned char *bytes;
  size_t at;
};

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static size_t put(struct buffer *to, unsigned type, const void *value, size_t size) {
  size_t start = to->at;
  struct nlattr *attribute = (struct nlattr *)(to->bytes + start);
  attribute->nla_len = NLA_HDRLEN + size;
  attribute->nla_type = type;
  if (size > 0) memcpy(to->bytes + start + NLA_HDRLEN, value, size);
  to->at += NLA_HDRLEN + NLA_ALIGN(size);
  return start;
}

static void put32(struct buffer *to, unsigned type, unsigned value) {
  unsigned wire = htonl(value);
  put(to, type | NLA_F_NET_BYTEORDER, &wire, sizeof wire);
}

static size_t open_nest(struct buffer *to, unsigned type) {
  return put(to, type | NLA_F_NESTED, NULL, 0);
}

static void close_nest(struct buffer *to, size_t start) {
  ((struct nlattr *)(to->bytes + start))->nla_len = to->at - start;
}

/* Begins a message about a set. */
static void begin(struct buffer *to, unsigned command, unsigned flags, const char *set) {
  struct nlmsghdr *header = (struct nlmsghdr *)to->bytes;
  struct nfgenmsg *family = (struct nfgenmsg *)(to->bytes + NLMSG_HDRLEN);
  unsigned char protocol = IPSET_PROTOCOL;
  memset(to->bytes, 0, NLMSG_HDRLEN + sizeof *family);
  header->nlmsg_type = NFNL_SUBSYS_IPSET << 8 | command;
  header->nlmsg_flags = NLM_F_REQUEST | flags;
  family->nfgen_family = AF_INET;
  to->at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof *family);
  put(to, IPSET_ATTR_PROTOCOL, &protocol, 1);
  if (set) put(to, IPSET_ATTR_SETNAME, set, strlen(set) + 1);
}

static void finish(struct buffer *message) {
  ((struct nlmsghdr *)message->bytes)->nlmsg_len = message->at;
}

static void put_entry(struct buffer *to, int network, unsigned index) {
  unsigned char prefix = 24;
  size_t data = open_nest(to, IPSET_ATTR_DATA);
  size_t ip = open_nest(to, IPSET_ATTR_IP);
  put32(to, IPSET_ATTR_IPADDR_IPV4, network ? 0x10000000u + (index << 8) : 0x0a000000u + index);
  close_nest(to, ip);
  if (network) put(to, IPSET_ATTR_CIDR, &prefix, 1);
  close_nest(to, data);
}

static int open_socket(void) {
  int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER), size = 1 << 20, on = 1;
  if (fd < 0) fail("socket");
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  return fd;
}

static unsigned char answer[DATAGRAM];

/* Sends one message and waits until the kernel has acknowledged it. */
static void exchange(int fd, const struct buffer *message) {
  struct nlmsghdr *header = (struct nlmsghdr *)answer;
  if (send(fd, message->bytes, message->at, 0) < 0) fail("send");
  if (recv(fd, answer, sizeof answer, 0) < 0) fail("recv");
  if (header->nlmsg_type == NLMSG_ERROR && (errno = -((struct nlmsgerr *)NLMSG_DATA(header))->error) == 0) return;
  fail("the kernel refused an entry");
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static double add(const char *set, int network, unsigned count) {
  size_t entry = network ? 24 : 16, per = (ADT_MAX - NLA_HDRLEN) / entry, batches = (count + per - 1) / per;
  struct buffer *messages = calloc(batches, sizeof *messages);
  int fd = open_socket();
  for (size_t i = 0; i < batches; i++) {
    struct buffer *message = &messages[i];
    if (!(message->bytes = malloc(ROOM))) fail("malloc");
    begin(message, IPSET_CMD_ADD, NLM_F_ACK | NLM_F_EXCL, set);
    put32(message, IPSET_ATTR_LINENO, 0);
    size_t list = open_nest(message, IPSET_ATTR_ADT);
    for (unsigned n = i * per; n < (i + 1) * per && n < count; n++) put_entry(message, network, n);
    close_nest(message, list);
    finish(message);
  }
  double began = now();
  for (size_t i = 0; i < batches; i++) exchange(fd, &messages[i]);
  return now() - began;
}

static double single(const char *set, unsigned count) {
  struct buffer message = {malloc(ROOM), 0};
  int fd = open_socket();
  double began = now();
  for (unsigned n = 0; n < count; n++) {
    begin(&message, IPSET_CMD_ADD, NLM_F_ACK | NLM_F_EXCL, set);
    put_entry(&message, 0, n);
    finish(&message);
    exchange(fd, &message);
  }
  return now() - began;
}

/* Asks for a list and reads all of it. */
static double list(int fd, const struct buffer *question) {
  double began = now();
  if (send(fd, question->bytes, question->at, 0) < 0) fail("send");
  for (;;) {
    int left = recv(fd, answer, sizeof answer, 0);
    if (left < 0) fail("recv");
    struct nlmsghdr *header = (struct nlmsghdr *)answer;
    for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
      if (header->nlmsg_type == NLMSG_DONE) return now() - began;
      if (header->nlmsg_type != NLMSG_ERROR) continue;
      errno = -((struct nlmsgerr *)NLMSG_DATA(header))->error;
      fail("the kernel refused the list");
    }
  }
}

static double dump(const char *set) {
  struct buffer message = {malloc(ROOM), 0};
  int fd = open_socket();
  begin(&message, IPSET_CMD_LIST, NLM_F_DUMP, set);
  finish(&message);
  return list(fd, &message);
}

/* Begins a message of nf_tables. */
static void begin_nft(struct buffer *to, unsigned command, unsigned flags, unsigned family) {
  struct nlmsghdr *header = (struct nlmsghdr *)to->bytes;
  memset(to->bytes, 0, NLMSG_HDRLEN + sizeof(struct nfgenmsg));
  header->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | command;
  header->nlmsg_flags = NLM_F_REQUEST | flags;
  ((struct nfgenmsg *)NLMSG_DATA(header))->nfgen_family = family;
  to->at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct nfgenmsg));
}

/* Asks for the number of the last commit, and gives it as it stands in messages. What comes before it is a refusal. */
static unsigned generation(int fd) {
  struct buffer question = {malloc(ROOM), 0};
  struct nlmsghdr *header = (struct nlmsghdr *)answer;
  unsigned id;
  begin_nft(&question, NFT_MSG_GETGEN, 0, 0);
  finish(&question);
  if (send(fd, question.bytes, question.at, 0) < 0) fail("send");
  if (recv(fd, answer, sizeof answer, 0) < 0) fail("recv");
  if (header->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN)) {
    errno = -((struct nlmsgerr *)NLMSG_DATA(header))->error;
    fail("the kernel refused the batch");
  }
  memcpy(&id, answer + NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct nfgenmsg)) + NLA_HDRLEN, sizeof id);
  free(question.bytes);
  return id;
}

static int ascending(const void *one, const void *other) {
  double difference = *(const double *)one - *(const double *)other;
  return (difference > 0) - (difference < 0);
}

static double batch(const char *name, unsigned count) {
  FILE *file = fopen(name, "rb");
  if (!file || fseek(file, 0, SEEK_END)) fail(name);
  size_t size = ftell(file), at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct nfgenmsg)) + NLA_HDRLEN;
  unsigned char *bytes = malloc(size);
  double *times = calloc(count, sizeof *times);
  int fd = open_socket(), room = 1 << 29;
  rewind(file);
  if (!bytes || fread(bytes, 1, size, file) != size) fail(name);
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room)) fail("SO_SNDBUFFORCE");
  for (unsigned n = 0; n < count; n++) {
    usleep(100000);
    unsigned id = generation(fd);
    memcpy(bytes + at, &id, sizeof id);
    double began = now();
    if (send(fd, bytes, size, 0) < 0) fail("send");
    if (generation(fd) == id) errno = EAGAIN, fail("the kernel gave up the batch");
    times[n] = now() - began;
  }
  qsort(times, count, sizeof *times, ascending);
  return times[count / 2];
}

static double rules(void) {
  struct buffer message = {malloc(ROOM), 0};
  int fd = open_socket();
  begin_nft(&message, NFT_MSG_GETRULE, NLM_F_DUMP, AF_INET);
  put(&message, NFTA_RULE_TABLE, "filter", sizeof "filter");
  finish(&message);
  return list(fd, &message);
}

int main(int count, char **words) {
  if (count == 5 && !strcmp(words[1], "add"))
    printf("%.6f\n", add(words[2], !strcmp(words[3], "net"), atoi(words[4])));
  else if (count == 4 && !strcmp(words[1], "single")) printf("%.6f\n", single(words[2], atoi(words[3])));
  else if (count == 3 && !strcmp(words[1], "dump")) printf("%.6f\n", dump(words[2]));
  else if (count == 4 && !strcmp(words[1], "batch")) printf("%.6f\n", batch(words[2], atoi(words[3])));
  else if (count == 2 && !strcmp(words[1], "rules")) printf("%.6f\n", rules());
  else return fputs("kernel-limit add SET ip|net COUNT | single SET COUNT | dump SET | batch FILE COUNT | rules\n", stderr), 2;
  return 0;
}
