import type { ActFields } from '../common/acts.js';

/** Who asks, as jobs keep it. */
export const COMMAND_LINE = 'command line';

/** Who acts, as the audit trail says it: who gave the command is known to its system alone. */
export const byCommand = (action: string): ActFields => ({ actor: COMMAND_LINE, action });
