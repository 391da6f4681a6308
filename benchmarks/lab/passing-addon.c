// The rival of koffi in fd-passing.bench.ts: the same two system calls as a small N-API addon, as it would be written by hand.
#define _GNU_SOURCE
#include <node_api.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#define MAX_DESCRIPTORS 64

static napi_value number(napi_env env, int32_t value) {
  napi_value result;
  napi_create_int32(env, value, &result);
  return result;
}

// send(socket, Int32Array descriptors) -> bytes sent or -1
static napi_value send_descriptors(napi_env env, napi_callback_info info) {
  size_t argc = 2, count = 0;
  napi_value argv[2];
  int32_t fd = -1;
  void *data = NULL;
  napi_typedarray_type type;
  napi_get_cb_info(env, info, &argc, argv, NULL, NULL);
  if (napi_get_value_int32(env, argv[0], &fd) != napi_ok) return number(env, -1);
  if (napi_get_typedarray_info(env, argv[1], &type, &count, &data, NULL, NULL) != napi_ok) return number(env, -1);
  if (type != napi_int32_array || count > MAX_DESCRIPTORS) return number(env, -1);
  char byte = 'x', control[CMSG_SPACE(sizeof(int) * MAX_DESCRIPTORS)] = {0};
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control};
  message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
  struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int) * count);
  memcpy(CMSG_DATA(rights), data, sizeof(int) * count);
  return number(env, (int32_t)sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL));
}

// receive(socket, Int32Array into) -> descriptors received or -1
static napi_value receive_descriptors(napi_env env, napi_callback_info info) {
  size_t argc = 2, room = 0;
  napi_value argv[2];
  int32_t fd = -1;
  void *data = NULL;
  napi_typedarray_type type;
  napi_get_cb_info(env, info, &argc, argv, NULL, NULL);
  if (napi_get_value_int32(env, argv[0], &fd) != napi_ok) return number(env, -1);
  if (napi_get_typedarray_info(env, argv[1], &type, &room, &data, NULL, NULL) != napi_ok) return number(env, -1);
  char byte, control[CMSG_SPACE(sizeof(int) * MAX_DESCRIPTORS)];
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control};
  message.msg_controllen = sizeof control;
  if (recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1 || (message.msg_flags & MSG_CTRUNC)) return number(env, -1);
  struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
  if (rights == NULL) return number(env, 0);
  size_t count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  if (count > room) return number(env, -1);
  memcpy(data, CMSG_DATA(rights), sizeof(int) * count);
  return number(env, (int32_t)count);
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "send", NAPI_AUTO_LENGTH, send_descriptors, NULL, &function);
  napi_set_named_property(env, exports, "send", function);
  napi_create_function(env, "receive", NAPI_AUTO_LENGTH, receive_descriptors, NULL, &function);
  napi_set_named_property(env, exports, "receive", function);
  return exports;
}
