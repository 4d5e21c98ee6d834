// Which wrapper a socket belongs to: always the newest. The list of live wrappers
// must not keep them alive, so it hangs from no root and its links are stored
// inverted, which the garbage collector does not take for pointers.

#include "bind/bind.h"

static uintptr_t head_hidden = ~(uintptr_t)0;

static ussl_socket_obj_t *reveal(uintptr_t hidden) {
    return (ussl_socket_obj_t *)~hidden;
}

static uintptr_t hide(ussl_socket_obj_t *socket) {
    return ~(uintptr_t)socket;
}

void ussl_owner_take(ussl_socket_obj_t *self) {
    for (ussl_socket_obj_t *s = reveal(head_hidden); s != NULL;) {
        ussl_socket_obj_t *next = reveal(s->next_hidden);
        if (s->transport.stream == self->transport.stream) {
            ussl_socket_detach(s);
        }
        s = next;
    }
    self->next_hidden = head_hidden;
    head_hidden = hide(self);
}

void ussl_owner_forget(ussl_socket_obj_t *self) {
    for (uintptr_t *link = &head_hidden; reveal(*link) != NULL; link = &reveal(*link)->next_hidden) {
        if (reveal(*link) == self) {
            *link = self->next_hidden;
            return;
        }
    }
}
