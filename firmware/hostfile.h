#ifndef FIRMWARE_HOSTFILE_H
#define FIRMWARE_HOSTFILE_H

#include "py/obj.h"

extern const mp_obj_type_t host_file_type;
extern const mp_obj_type_t host_text_type; // made by host_file_type for text modes

#endif
