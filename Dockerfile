# The product without its data: Redis at REDIS_URL, the rest as in the README's table of settings.
#   docker build -t pulseops . && docker run --env-file .env -p 8000:8000 -v pulseops:/srv/var pulseops
# The patch release and the Debian release are named, so that a build next year makes the same image;
# they are raised together with the pins.
FROM python:3.11.14-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    APP_ENV=production \
    PORT=8000

WORKDIR /srv
COPY requirements.txt .
# As in bin/setup: the file is complete, so nothing is resolved against the index.
RUN pip install --no-deps --require-hashes --only-binary :all: -r requirements.txt && pip check

RUN useradd --system --home-dir /srv --shell /usr/sbin/nologin pulseops \
    && mkdir var && chown pulseops var
COPY . .
USER pulseops
VOLUME /srv/var
EXPOSE 8000

HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD \
    ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/live\", timeout=2)"]

STOPSIGNAL SIGTERM
CMD ["sh", "-c", "exec honcho start -p \"$PORT\""]
