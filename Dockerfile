# syntax=docker/dockerfile:1
# The bot as one process that is not root, on a root file system that may be read-only. docs/deploy.md runs it.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build
# The image has its own Node: the binaries that npm scripts fall back to on an older host go.
RUN npm ci --omit=dev --no-audit --no-fund \
    && rm -rf node_modules/node-linux-* node_modules/.bin/node

FROM node:24-slim
ENV NODE_ENV=production DATA_DIR=/data PORT=3000
WORKDIR /app
COPY --from=build /app/package.json /app/manifest.yml /app/LICENSE ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/bin ./bin
COPY --from=build /app/dist ./dist
RUN mkdir /data && chown node:node /data
USER node
# Fargate gives a volume the owner and the rights of the folder only where the image names it as a volume.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html
VOLUME ["/data", "/tmp"]
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=3s --start-period=30s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# No shell: SIGTERM reaches the program, which then has ten seconds to end what runs.
ENTRYPOINT ["node", "bin/apigw-500.js"]
CMD ["serve"]
