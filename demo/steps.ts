import type { WaldurStandIn } from '../emulator/waldur/waldur-stand-in.js';
import type { DemoContext } from './context.js';
import { billingStep } from './steps/billing.js';
import { licensesStep } from './steps/licenses.js';
import { mappingsStep } from './steps/mappings.js';
import { chargesStep, waldurStep } from './steps/waldur.js';
import { wizardStep } from './steps/wizard.js';

type Step = (context: DemoContext) => Promise<void>;

/** The operator's work, in order. */
export const steps: Step[] = [wizardStep, mappingsStep, licensesStep, billingStep];

/** The same beside a Waldur: its users work here, and it gets what came out. */
export const stepsBesideWaldur = (waldur: WaldurStandIn): Step[] => [waldurStep(waldur), ...steps, chargesStep(waldur)];
