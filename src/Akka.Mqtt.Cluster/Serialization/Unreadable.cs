using Akka.Event;

namespace Akka.Mqtt.Cluster.Serialization;

/// <summary>
/// Stands for a message of another node that cannot be read: it is damaged, or of a later version. Whoever gets it does not handle it, and one line a node is logged:
/// see <see cref="UnreadableLog"/>.
/// </summary>
/// <param name="Reason">Why it cannot be read.</param>
internal sealed record Unreadable(string Reason) : IDeadLetterSuppression;
