// lwIP as ESP-IDF offers it: with its socket layer, for tasks.

#define NO_SYS                  0
#define LWIP_SOCKET             1
#define LWIP_NETCONN            1
#define LWIP_COMPAT_SOCKETS     0
#define LWIP_TIMEVAL_PRIVATE    0
#define LWIP_IPV6               1
#define LWIP_TCPIP_CORE_LOCKING 0
#define MEM_ALIGNMENT           4
