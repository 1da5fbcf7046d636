namespace Akka.Mqtt.Server.Stores;

/// <summary>How much waits in a session.</summary>
/// <param name="Messages">Messages.</param>
/// <param name="Bytes">Their bytes.</param>
internal readonly record struct QueueCount(int Messages, long Bytes);
