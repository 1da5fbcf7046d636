namespace Akka.Mqtt.Server.Directories;

/// <summary>Too many questions of administrators wait for answers of other nodes.</summary>
internal sealed class NodesBusyException() : Exception("Too many questions wait for other nodes. Try again.");
