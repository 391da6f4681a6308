// How the page is built: hashed files under dist/, relative addresses, nothing inline (the agent serves it under
// `default-src 'self'`), and the workspace's own source instead of a built agent-protocol.
import { defaultClientConditions, defineConfig } from 'vite';

export default defineConfig({
  base: './',
  publicDir: false,
  resolve: { conditions: ['longhaul-source', ...defaultClientConditions] },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
