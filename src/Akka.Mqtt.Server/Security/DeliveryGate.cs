using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Security;

/// <summary>What may pass to one subscriber; remembers its answers. Owned by one session actor.</summary>
internal sealed class DeliveryGate(ClientRights rights)
{
    // More topics than this at a time are asked for again, so that nobody can make a session large by publishing.
    private const int MaxTopics = 256;

    private readonly Dictionary<string, bool> _topics = new(StringComparer.Ordinal);
    private string? _lastTopic;
    private bool _lastAnswer;

    /// <summary>The message to send, or null when it must not be.</summary>
    public Publish? Pass(Publish packet)
    {
        if (!ReferenceEquals(packet.Topic, _lastTopic))
        {
            if (!_topics.TryGetValue(packet.Topic, out var answer))
            {
                if (_topics.Count >= MaxTopics)
                    _topics.Clear();
                _topics.Add(packet.Topic, answer = rights.MayReceive(packet.Topic));
            }
            _lastTopic = packet.Topic;
            _lastAnswer = answer;
        }
        return _lastAnswer ? rights.Deliver(packet) : null;
    }
}
