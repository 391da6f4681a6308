// A program that is started for each connection (systemd-socket-activate, socat): its first line says when it ran.
process.stdout.write(`${process.hrtime.bigint()}\n`);
