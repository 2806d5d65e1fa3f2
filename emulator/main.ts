import { ArrowEmulator } from './arrow-emulator.js';
import { emptyData } from './data.js';

const emulator = await ArrowEmulator.start({ port: Number(process.env.EMULATOR_PORT ?? 4010), data: emptyData() });
console.log(emulator.url, emulator.apiKey);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void emulator.stop());
