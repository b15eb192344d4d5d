"""One JSON line for each log record: nothing that a visitor sends can forge a second line."""

import json
import logging


class OneLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "from": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        if request_id := getattr(record, "request_id", None):
            line["request_id"] = request_id
        return json.dumps(line, ensure_ascii=False)
