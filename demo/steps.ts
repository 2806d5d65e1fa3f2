import type { DemoContext } from './context.js';
import { billingStep } from './steps/billing.js';
import { licensesStep } from './steps/licenses.js';
import { mappingsStep } from './steps/mappings.js';
import { wizardStep } from './steps/wizard.js';

/** The operator's work, in order. */
export const steps: ((context: DemoContext) => Promise<void>)[] = [wizardStep, mappingsStep, licensesStep, billingStep];
