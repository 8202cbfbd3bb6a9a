# pip install websocket-client
# This opens the session; how it goes on: https://learn.microsoft.com/azure/ai-services/speech-service/voice-live-how-to
import os
import sys

import websocket

key = os.environ.get("SPEECH_KEY")
if not key:
    sys.exit("SPEECH_KEY is not set")

url = "wss://contoso.services.ai.azure.com/voice-live/realtime?api-version=2026-07-15&model=gpt-realtime"
socket = websocket.create_connection(url, header=["api-key: " + key], redirect_limit=0)
print("connected")
print(socket.recv())
socket.close()
