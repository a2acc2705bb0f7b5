/** Packages that ship TypeScript and nothing else, which Node 20 can't load. */
import { rolldown } from 'rolldown';

/** Bundles a module in memory, as a program's build would for production, and imports it. */
export async function importTypeScript<Module>(input: string): Promise<Module> {
  const define = { 'import.meta.env.MODE': '"production"' };
  const bundle = await rolldown({ input, platform: 'node', transform: { define } });
  const { output } = await bundle.generate({ format: 'esm' });
  await bundle.close();
  return (await import(`data:text/javascript;base64,${Buffer.from(output[0].code).toString('base64')}`)) as Module;
}
