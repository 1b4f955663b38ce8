# Mayday in a container: `mayday serve` as a user without rights, on a root file system that may be
# read-only. What it writes goes to /data (mount a volume there) and to /tmp (mount a tmpfs).
#
# Debian 12 is named because its PostgreSQL client (15) fits the server of compose.yaml: a newer client's
# dumps cannot be restored into an older server.

FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 UV_NO_CACHE=1
WORKDIR /app
RUN ["python", "-m", "venv", "/opt/venv"]
RUN ["python", "-m", "venv", "/opt/tools"]
COPY requirements-uv.txt requirements-otel.txt ./
RUN ["/opt/tools/bin/python", "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", "requirements-uv.txt"]
# With tracing, which stays off until MAYDAY_OTLP_ENDPOINT says where to.
RUN ["/opt/tools/bin/uv", "pip", "sync", "--quiet", "--python", "/opt/venv/bin/python", "--require-hashes", "--only-binary", ":all:", "requirements-otel.txt"]
COPY pyproject.toml README.md LICENSE THIRD_PARTY_NOTICES.md ./
COPY webapp ./webapp
RUN ["/opt/tools/bin/uv", "pip", "install", "--quiet", "--python", "/opt/venv/bin/python", "--no-deps", "--no-build-isolation", "--offline", "-e", "."]
RUN ["/opt/venv/bin/python", "-m", "compileall", "-q", "webapp"]
COPY wsgi.py ./
COPY migrations ./migrations
COPY deploy/healthcheck.py ./deploy/healthcheck.py

FROM python:3.11-slim-bookworm
RUN apt-get update \
 && apt-get install --yes --no-install-recommends postgresql-client-15 \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 mayday \
 && useradd --uid 10001 --gid mayday --no-create-home --home-dir /data --shell /usr/sbin/nologin mayday \
 && install --directory --owner=mayday --group=mayday --mode=0700 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MAYDAY_DATA_DIR=/data
WORKDIR /app
USER 10001:10001
VOLUME ["/data"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "/app/deploy/healthcheck.py"]
CMD ["mayday", "serve", "--host", "0.0.0.0"]
