/* detach.h - ^C while casmand works for us: says that it goes on, and leaves. */
#pragma once

/* From now on; before, nothing has begun, and ^C just ends casmanctl. */
void detach_on_interrupt(void);
