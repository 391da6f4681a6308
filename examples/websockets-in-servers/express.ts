// Inside Express, which speaks HTTP/1.1 only.
import { createServer } from 'node:http';
import { handleWebSocket, useWebSockets } from '@longhaul/websockets';
import express from 'express';
import { echo } from './echo.ts';
import { announce } from './port.ts';

const app = express();
const server = createServer(app);
useWebSockets(server);
app.get('/', (_request, response) => response.send('a page'));
app.get('/ws', (request, response) => handleWebSocket(request, response, echo));
server.listen(0, '127.0.0.1', () => announce(server));
