// The load of the WebSocket and hub questions: many connections, one thread, one epoll; cheaper than any server it asks.
//
//   load HOST PORT PATH CONNECTIONS BATCH RAW MESSAGE [HELLO ANSWERS]...
//
// PATH      asked for by the upgrade; "-": no upgrade, plain TCP
// BATCH     messages in one write; the next write follows when all were answered
// RAW       0: MESSAGE in masked text frames, and every frame that comes counts as an answer
//           1: bytes as they are, answered by as many bytes
// HELLO     a text frame sent before the first message, after which ANSWERS frames come ("" sends nothing and only waits)
//
// It says "ready" when all connections are, then obeys lines on stdin: "go N" sends N messages a connection and says "done";
// "count" says how many frames and bytes have come since the last "count". It ends with its stdin.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { maxHellos = 4, readBytes = 1 << 18 };
typedef enum { UPGRADING, GREETING, IDLE, BUSY } State;
typedef struct {
  int fd;
  State state;
  int hello, awaited;      // greeting: which one, and how many of its answers are to come
  uint64_t left;           // messages still to be sent
  uint64_t open;           // answers (or bytes of them, raw) still to come
  int headEnd;             // of the upgrade's answer: how much of "\r\n\r\n" was seen
  uint64_t payload;        // bytes of a frame still to be skipped
  uint8_t head[14];
  int headBytes;
} Connection;

static const char *hellos[maxHellos];
static int answersTo[maxHellos], helloCount, connectionCount, batch, isRaw, epollFd, readyCount, busyCount;
static uint8_t *batchBytes;
static size_t messageBytes, batchLength;
static uint64_t frames, bytes;
static Connection *connections;

static void fail(const char *what) { perror(what); exit(1); }

static size_t frame(uint8_t *to, const char *text, size_t length) {
  static const uint8_t mask[4] = {0x12, 0x34, 0x56, 0x78};
  size_t at = 0;
  to[at++] = 0x81;
  if (length < 126) to[at++] = 0x80 | (uint8_t)length;
  else { to[at++] = 0x80 | 126; to[at++] = (uint8_t)(length >> 8); to[at++] = (uint8_t)length; }
  memcpy(to + at, mask, 4); at += 4;
  for (size_t i = 0; i < length; i++) to[at++] = (uint8_t)text[i] ^ mask[i & 3];
  return at;
}

static void put(Connection *c, const uint8_t *data, size_t length) {
  while (length > 0) {
    ssize_t n = send(c->fd, data, length, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) { usleep(100); continue; } // a batch fits any socket buffer; a full one means a slow server
    if (n < 0) fail("send");
    data += n; length -= (size_t)n;
  }
}

static void next(Connection *c) {
  uint64_t count = c->left < (uint64_t)batch ? c->left : (uint64_t)batch;
  if (count == 0) { c->state = IDLE; busyCount--; return; }
  c->left -= count;
  c->open = isRaw ? count * messageBytes : count;
  put(c, batchBytes, count * messageBytes);
}

static void ready(Connection *c) { c->state = IDLE; if (++readyCount == connectionCount) { puts("ready"); fflush(stdout); } }

static void greet(Connection *c) {
  while (c->hello < helloCount) {
    const char *text = hellos[c->hello];
    c->awaited = answersTo[c->hello++];
    if (*text) { uint8_t out[4096]; put(c, out, frame(out, text, strlen(text))); }
    if (c->awaited > 0) { c->state = GREETING; return; }
  }
  ready(c);
}

static void answered(Connection *c) {
  frames++;
  if (c->state == GREETING) { if (--c->awaited == 0) greet(c); }
  else if (c->state == BUSY && --c->open == 0) next(c);
}

static void parse(Connection *c, const uint8_t *data, size_t length) {
  size_t at = 0;
  while (at < length) {
    if (c->payload > 0) {
      uint64_t part = length - at < c->payload ? length - at : c->payload;
      at += part; c->payload -= part;
      if (c->payload == 0) answered(c);
      continue;
    }
    c->head[c->headBytes++] = data[at++];
    if (c->headBytes < 2) continue;
    int short_ = c->head[1] & 0x7f, wanted = short_ == 126 ? 4 : short_ == 127 ? 10 : 2;
    if (c->headBytes < wanted) continue;
    uint64_t size = 0;
    if (wanted == 2) size = (uint64_t)short_;
    else for (int i = 2; i < wanted; i++) size = size << 8 | c->head[i];
    if ((c->head[0] & 0x0f) == 8) {
      fprintf(stderr, "the server closed a connection: %.*s\n", (int)(length - at > 2 ? length - at - 2 : 0), data + at + 2);
      exit(1);
    }
    c->headBytes = 0; c->payload = size;
    if (size == 0) answered(c);
  }
}

static void take(Connection *c, const uint8_t *data, size_t length) {
  bytes += length;
  if (c->state == UPGRADING) {
    static const char end[] = "\r\n\r\n";
    size_t at = 0;
    while (at < length && c->headEnd < 4) {
      if (c->headEnd == 0 && at == 0 && memcmp(data, "HTTP/1.1 101", length < 12 ? length : 12)) {
        fprintf(stderr, "%.*s\n", (int)length, data); exit(1);
      }
      c->headEnd = data[at] == (uint8_t)end[c->headEnd] ? c->headEnd + 1 : data[at] == '\r';
      at++;
    }
    if (c->headEnd < 4) return;
    c->state = GREETING;
    greet(c);
    if (at < length) parse(c, data + at, length - at);
  } else if (isRaw) {
    if (c->state != BUSY || c->open < length) { fprintf(stderr, "more bytes than were asked for\n"); exit(1); }
    c->open -= length;
    if (c->open == 0) next(c);
  } else parse(c, data, length);
}

static void obey(char *line) {
  if (!strncmp(line, "go ", 3)) {
    uint64_t each = strtoull(line + 3, NULL, 10);
    busyCount = connectionCount;
    for (int i = 0; i < connectionCount; i++) { connections[i].state = BUSY; connections[i].left = each; next(&connections[i]); }
  } else if (!strncmp(line, "count", 5)) {
    printf("%llu %llu\n", (unsigned long long)frames, (unsigned long long)bytes);
    frames = bytes = 0; fflush(stdout);
  }
}

int main(int argc, char **argv) {
  if (argc < 8) { fprintf(stderr, "load HOST PORT PATH CONNECTIONS BATCH RAW MESSAGE [HELLO ANSWERS]...\n"); return 2; }
  const char *host = argv[1], *path = argv[3], *message = argv[7];
  connectionCount = atoi(argv[4]); batch = atoi(argv[5]); isRaw = atoi(argv[6]);
  for (int i = 8; i + 1 < argc && helloCount < maxHellos; i += 2) { hellos[helloCount] = argv[i]; answersTo[helloCount++] = atoi(argv[i + 1]); }
  batchBytes = malloc((strlen(message) + 16) * (size_t)batch);
  for (int i = 0; i < batch; i++) {
    if (isRaw) { memcpy(batchBytes + batchLength, message, strlen(message)); batchLength += strlen(message); }
    else batchLength += frame(batchBytes + batchLength, message, strlen(message));
    if (i == 0) messageBytes = batchLength;
  }
  epollFd = epoll_create1(EPOLL_CLOEXEC);
  connections = calloc((size_t)connectionCount, sizeof *connections);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
  inet_pton(AF_INET, host, &address.sin_addr);
  for (int i = 0; i < connectionCount; i++) {
    Connection *c = &connections[i];
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(epollFd, EPOLL_CTL_ADD, c->fd, &event);
    if (strcmp(path, "-")) {
      char request[1024];
      int n = snprintf(request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: %s:%s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", path, host, argv[2]);
      put(c, (uint8_t *)request, (size_t)n);
    } else { c->state = GREETING; greet(c); }
  }
  struct epoll_event input = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(epollFd, EPOLL_CTL_ADD, 0, &input);
  static uint8_t data[readBytes];
  static char line[256];
  struct epoll_event events[256];
  for (;;) {
    int n = epoll_wait(epollFd, events, 256, -1);
    for (int i = 0; i < n; i++) {
      Connection *c = events[i].data.ptr;
      if (c == NULL) {
        ssize_t got = read(0, line, sizeof line - 1);
        if (got <= 0) return 0;
        line[got] = 0;
        obey(line);
        if (busyCount > 0) continue;
      } else {
        ssize_t got = recv(c->fd, data, sizeof data, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (got <= 0) { fprintf(stderr, "a connection ended: %s\n", got < 0 ? strerror(errno) : "closed by the server"); return 1; }
        int wasBusy = busyCount;
        take(c, data, (size_t)got);
        if (wasBusy > 0 && busyCount == 0) { puts("done"); fflush(stdout); }
      }
    }
  }
}
