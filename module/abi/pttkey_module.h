/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file pttkey_module.h
 * The contract between mod_pttkey.so and the SIP application server that loads it.
 *
 * A host is any program with a Sofia-SIP su_root and an NTA agent. It dlopens the module, takes its one
 * symbol, `pttkey_module`, checks @ref pttkey_module.abi_version and @ref pttkey_module.size, and calls:
 *
 *   preinit (optional, before nta_agent_create) -> start -> on_request / on_response ... -> drain -> stop
 *
 * The host owns the agent, its default leg and its default outgoing transaction (NTA has room for one of
 * each): it hands over what arrives there, and goes on itself with what is NOT_MINE. If it has no default
 * outgoing, it says so in @ref pttkey_host.has_default_outgoing, and the module creates one.
 * Everything is called on the su_root's thread. One instance a process.
 */
#ifndef PTTKEY_MODULE_H
#define PTTKEY_MODULE_H

#include <stdbool.h>
#include <stdint.h>

#include <sofia-sip/nta.h>
#include <sofia-sip/su_wait.h>

#define PTTKEY_ABI_VERSION   1u
#define PTTKEY_MODULE_SYMBOL "pttkey_module"

enum pttkey_claim {
	PTTKEY_NOT_MINE = 0,
	PTTKEY_MINE = 1, /**< the module has answered or will; the host forgets the transaction */
};

/** What the host gives. Lives until stop() has returned. */
struct pttkey_host {
	uint32_t abi_version; /**< PTTKEY_ABI_VERSION of the header the host was built with */
	uint32_t size;        /**< sizeof(struct pttkey_host) there */
	const char *config_file;
	bool has_default_outgoing;
	void *ctx; /**< handed back in the calls below */
	/** After drain(): calls and re-keys have ended or drain_s has passed. The host stops its root. */
	void (*drained)(void *ctx);
};

struct pttkey_instance;

/** What the module gives. */
struct pttkey_module {
	uint32_t abi_version;
	uint32_t size; /**< sizeof(struct pttkey_module) when the module was built */
	const char *name, *version;
	/** @return 0, or -1 if the host does not suit (another ABI) */
	int (*preinit)(const struct pttkey_host *host);
	/**
	 * Reads the configuration and starts. All that it listens on is open when it returns.
	 * @return 0; -1 after a log line that says why; nothing is left behind then
	 */
	int (*start)(struct pttkey_instance **out, su_root_t *root, nta_agent_t *agent,
		const struct pttkey_host *host);
	/** Where the module listens: {"ub":...,"metrics":...,"control":...}; owned by the instance. */
	const char *(*endpoints)(const struct pttkey_instance *instance);
	/** A request that belongs to no leg of the host. MINE: it is answered by the module, now or later. */
	enum pttkey_claim (*on_request)(
		struct pttkey_instance *instance, nta_incoming_t *irq, const sip_t *sip);
	/** A response that belongs to no client transaction of the agent. */
	enum pttkey_claim (*on_response)(
		struct pttkey_instance *instance, nta_outgoing_t *orq, const sip_t *sip);
	/** Reads the configuration again. @return 0; -1: it is bad, the old one stays */
	int (*reload)(struct pttkey_instance *instance);
	/** New joins get 503; host->drained() is called when running work has ended. No BYE is sent. */
	void (*drain)(struct pttkey_instance *instance);
	/** Saves state, wipes keys, frees. Dialogs stay up; the next start resumes them. */
	void (*stop)(struct pttkey_instance *instance);
};

extern const struct pttkey_module pttkey_module;

#endif
