from django.urls import path

from chat.api import chat_views, views

urlpatterns = [
    path("convos", views.ConversationsView.as_view(), name="conversations"),
    path("convos/all", views.AllConversationsView.as_view(), name="conversations_all"),
    path("convos/update", views.RenameView.as_view(), name="conversations_update"),
    path("convos/gen_title/<str:conversation_id>", chat_views.gen_title, name="conversations_gen_title"),
    path("convos/<uuid:conversation_id>", views.ConversationView.as_view(), name="conversation"),
    path("messages", views.MessagesView.as_view(), name="messages"),
    path("messages/<str:conversation_id>", views.ConversationMessagesView.as_view(), name="conversation_messages"),
    path("messages/<uuid:conversation_id>/<uuid:message_id>", views.MessageView.as_view(), name="message"),
    path("agents/chat/active", chat_views.ActiveView.as_view(), name="chat_active"),
    path("agents/chat/abort", chat_views.AbortView.as_view(), name="chat_abort"),
    path("agents/chat/status/<str:conversation_id>", chat_views.StatusView.as_view(), name="chat_status"),
    path("agents/chat/stream/<str:stream_id>", chat_views.stream, name="chat_stream"),
    path("agents/chat", chat_views.StartView.as_view(), name="chat_start"),
    path("agents/chat/<path:endpoint>", chat_views.StartView.as_view(), name="chat_start_at"),
]
