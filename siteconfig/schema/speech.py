"""`speech`: text to speech and speech to text, each with exactly one provider."""

from typing import Annotated, Literal

from django.utils.translation import gettext as _
from pydantic import Field, model_validator

from siteconfig.schema.base import AllowedAddresses, Flag, Line, Number, Open, Text


class OpenaiTts(Open):
    url: Line | None = None
    apiKey: Text
    model: Text
    voices: list[Line]


class AzureTts(Open):
    instanceName: Text
    apiKey: Text
    deploymentName: Text
    apiVersion: Text
    model: Text
    voices: list[Line]


class VoiceSettings(Open):
    similarity_boost: Number | None = None
    stability: Number | None = None
    style: Number | None = None
    use_speaker_boost: Flag | None = None


class Elevenlabs(Open):
    url: Line | None = None
    websocketUrl: Line | None = None
    apiKey: Text
    model: Text
    voices: list[Line]
    voice_settings: VoiceSettings | None = None
    pronunciation_dictionary_locators: list[Line] | None = None


class Localai(Open):
    url: Text
    apiKey: Line | None = None
    voices: list[Line]
    backend: Text


class Tts(Open):
    allowedAddresses: AllowedAddresses | None = None
    openai: OpenaiTts | None = None
    azureOpenAI: AzureTts | None = None
    elevenlabs: Elevenlabs | None = None
    localai: Localai | None = None

    @model_validator(mode="after")
    def _one(self) -> "Tts":
        if sum(part is not None for part in (self.openai, self.azureOpenAI, self.elevenlabs, self.localai)) != 1:
            raise ValueError(_("needs exactly one of: %s") % "openai, azureOpenAI, elevenlabs, localai")
        return self


class OpenaiStt(Open):
    url: Line | None = None
    apiKey: Text
    model: Text


class AzureStt(Open):
    instanceName: Text
    apiKey: Text
    deploymentName: Text
    apiVersion: Text


class Stt(Open):
    allowedAddresses: AllowedAddresses | None = None
    openai: OpenaiStt | None = None
    azureOpenAI: AzureStt | None = None

    @model_validator(mode="after")
    def _one(self) -> "Stt":
        if (self.openai is None) == (self.azureOpenAI is None):
            raise ValueError(_("needs exactly one of: %s") % "openai, azureOpenAI")
        return self


class SpeechToText(Open):
    engineSTT: Literal["browser", "external", "openai", "azureOpenAI"] | None = None
    languageSTT: Line | None = None
    autoTranscribeAudio: Flag | None = None
    decibelValue: Number | None = None
    autoSendText: Number | None = None


class TextToSpeech(Open):
    engineTTS: Literal["browser", "external", "openai", "azureOpenAI", "elevenlabs", "localai"] | None = None
    voice: Line | None = None
    languageTTS: Line | None = None
    automaticPlayback: Flag | None = None
    playbackRate: Annotated[Number, Field(ge=0.25, le=4)] | None = None
    cacheTTS: Flag | None = None


class SpeechTab(Open):
    conversationMode: Flag | None = None
    advancedMode: Flag | None = None
    speechToText: Flag | SpeechToText | None = None
    textToSpeech: Flag | TextToSpeech | None = None


class Speech(Open):
    tts: Tts | None = None
    stt: Stt | None = None
    speechTab: SpeechTab | None = None
