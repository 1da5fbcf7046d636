namespace Akka.Mqtt.Server.Stores;

/// <summary>The number of messages that wait in a session.</summary>
/// <param name="Messages">Messages.</param>
/// <param name="Bytes">Their bytes.</param>
internal readonly record struct QueueCount(int Messages, long Bytes);
