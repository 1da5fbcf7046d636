using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Security;

/// <summary>Checks the messages to one subscriber, and caches the answers of the authorizer. Owned by one session actor.</summary>
internal sealed class DeliveryGate(ClientRights rights)
{
    // The highest number of cached topics. It bounds the memory that publishing to many topics can take.
    private const int MaxTopics = 256;

    private readonly Dictionary<string, bool> _topics = new(StringComparer.Ordinal);
    private string? _lastTopic;
    private bool _lastAnswer;

    /// <summary>The message to send; null when it must not be sent.</summary>
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
