namespace Akka.Mqtt.Server;

/// <summary>A session in a list.</summary>
/// <param name="ClientId">The client.</param>
/// <param name="Connection">Its connection; null while it is offline.</param>
/// <param name="QueuedMessages">Messages that wait for it.</param>
/// <param name="WaitingBytes">Bytes of these messages, and of what its connection has not written yet.</param>
public sealed record ClientInfo(string ClientId, ClientConnection? Connection, int QueuedMessages, long WaitingBytes);
