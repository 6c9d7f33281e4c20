FROM node:22-bookworm-slim
WORKDIR /opt/veza
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && npm cache clean --force
COPY . .
# /data is a process's own; /files is shared by the processes of a cluster.
RUN mkdir /data /files && chown node:node /data /files
USER node
VOLUME ["/data", "/files"]
EXPOSE 2121 6667 8080 2113
STOPSIGNAL SIGTERM
CMD ["node", "main.ts", "start"]
