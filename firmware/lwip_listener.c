// extmod/modlwip.c takes the callbacks off every TCP socket that it closes, a listening one
// too. lwIP's control block of a listener ends before these fields, so the memory behind it,
// another connection's, would be overwritten. The linker leads its calls here.

#include "lwip/tcp.h"

void __real_tcp_recv(struct tcp_pcb *pcb, tcp_recv_fn recv);
void __real_tcp_err(struct tcp_pcb *pcb, tcp_err_fn err);
void __wrap_tcp_recv(struct tcp_pcb *pcb, tcp_recv_fn recv);
void __wrap_tcp_err(struct tcp_pcb *pcb, tcp_err_fn err);

void __wrap_tcp_recv(struct tcp_pcb *pcb, tcp_recv_fn recv) {
    if (pcb->state != LISTEN) {
        __real_tcp_recv(pcb, recv);
    }
}

void __wrap_tcp_err(struct tcp_pcb *pcb, tcp_err_fn err) {
    if (pcb->state != LISTEN) {
        __real_tcp_err(pcb, err);
    }
}
