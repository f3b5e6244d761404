# One image for every node. Which services a container runs is its arguments:
#   docker run tradepost                                                everything
#   docker run tradepost services/commerce/orders services/logistics    some of it
FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && npm cache clean --force
COPY moleculer.config.ts ./
COPY config config
COPY lib lib
COPY mixins mixins
COPY services services
# The folder of the embedded database and its keys, for those who run one container and nothing else.
RUN mkdir .data && chown node:node .data
VOLUME /app/.data
USER node
EXPOSE 3000
ENTRYPOINT ["node_modules/.bin/moleculer-runner", "--config", "moleculer.config.ts", "--mask", "**/*.service.ts"]
CMD ["services"]
