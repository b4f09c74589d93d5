#include "daemon/core/upload.h"

#include "common/attr.h"

static const struct rule {
	enum upload_state in;
	enum upload_event on;
	enum upload_state to;
	enum upload_order order;
} rules[] = {
	{UPLOAD_WAITING,  UPLOAD_START,  UPLOAD_PUTTING,  UPLOAD_PUT     },
	{UPLOAD_PUTTING,  UPLOAD_OK,     UPLOAD_TELLING,  UPLOAD_TELL    },
	{UPLOAD_PUTTING,  UPLOAD_TAKEN,  UPLOAD_ASKING,   UPLOAD_ASK     },
	{UPLOAD_PUTTING,  UPLOAD_LATER,  UPLOAD_WAITING,  UPLOAD_REST    },
	{UPLOAD_ASKING,   UPLOAD_MINE,   UPLOAD_TELLING,  UPLOAD_TELL    },
	{UPLOAD_ASKING,   UPLOAD_OTHERS, UPLOAD_PUTTING,  UPLOAD_NEXT_KEY},
	{UPLOAD_ASKING,   UPLOAD_LATER,  UPLOAD_WAITING,  UPLOAD_REST    },
	{UPLOAD_TELLING,  UPLOAD_OK,     UPLOAD_CHECKING, UPLOAD_CHECK   },
	{UPLOAD_TELLING,  UPLOAD_TAKEN,  UPLOAD_PUTTING,  UPLOAD_NEXT_KEY},
	{UPLOAD_TELLING,  UPLOAD_LATER,  UPLOAD_WAITING,  UPLOAD_REST    },
	{UPLOAD_CHECKING, UPLOAD_OK,     UPLOAD_STORED,   UPLOAD_REPORT  },
	{UPLOAD_CHECKING, UPLOAD_OTHERS, UPLOAD_WAITING,  UPLOAD_REST    },
	{UPLOAD_CHECKING, UPLOAD_LATER,  UPLOAD_WAITING,  UPLOAD_REST    },
};

enum upload_order upload_step(enum upload_state *state, enum upload_event event)
{
	if (*state < UPLOAD_STORED && (event == UPLOAD_NEVER || event == UPLOAD_GONE)) {
		*state = event == UPLOAD_NEVER ? UPLOAD_REFUSED : UPLOAD_BAD;
		return UPLOAD_REPORT;
	}
	for (size_t i = 0; i < LENGTH(rules); i++) {
		if (rules[i].in != *state || rules[i].on != event)
			continue;
		*state = rules[i].to;
		return rules[i].order;
	}
	return UPLOAD_WAIT;
}
