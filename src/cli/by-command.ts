import { type ActFields, COMMAND_LINE } from '../common/acts.js';

/** Who acts, as the audit trail says it: who gave the command is known to its system alone. */
export const byCommand = (action: string): ActFields => ({ actor: COMMAND_LINE, action });
