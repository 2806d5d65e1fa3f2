import type { DemoContext } from './context.js';
import { connectStep } from './steps/connect.js';
import { licensesStep } from './steps/licenses.js';
import { mappingsStep } from './steps/mappings.js';

/** The operator's work, in order. */
export const steps: ((context: DemoContext) => Promise<void>)[] = [connectStep, mappingsStep, licensesStep];
