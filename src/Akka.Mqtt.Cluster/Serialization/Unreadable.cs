using Akka.Event;

namespace Akka.Mqtt.Cluster.Serialization;

/// <summary>
/// Takes the place of a message of another node that cannot be read, because it is damaged or of a later version. Its receiver ignores it,
/// and one line for each node is logged: see <see cref="UnreadableLog"/>.
/// </summary>
/// <param name="Reason">The reason.</param>
internal sealed record Unreadable(string Reason) : IDeadLetterSuppression;
