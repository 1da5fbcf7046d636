using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>The topics of requests and answers. See <see cref="MqttRequestStyle"/>.</summary>
internal static class RequestTopics
{
    private const string Request = "/request/";
    private const string Response = "/response/";

    /// <summary>The filter of a responder for requests by topic.</summary>
    public static string Requests(string topic) => $"{topic}{Request}+/+";

    /// <summary>The filter of a requester for answers by topic.</summary>
    public static string Answers(string topic, string requester) => $"{topic}{Response}{requester}/+";

    /// <summary>Where a request by topic is published.</summary>
    public static string OfRequest(string topic, string requester, string number) => $"{topic}{Request}{requester}/{number}";

    /// <summary>Where the answer to a request by topic goes; null when the topic is of no such request.</summary>
    public static string? AnswerTo(string topic)
    {
        var at = topic.LastIndexOf(Request, StringComparison.Ordinal);
        return at > 0 && topic.AsSpan(at + Request.Length).Count('/') == 1 ? $"{topic.AsSpan(0, at)}{Response}{topic.AsSpan(at + Request.Length)}" : null;
    }

    /// <summary>The number of the request that an answer by topic is for.</summary>
    public static string NumberOf(string topic) => topic[(topic.LastIndexOf('/') + 1)..];

    /// <summary>Where the answer to a request goes, and what goes with it; null when nobody wants one.</summary>
    public static Publish? AnswerTo(Publish request)
    {
        if (request.Properties?.ResponseTopic is { } topic)
            return new Publish(topic) { QoS = request.QoS, Properties = new PublishProperties { CorrelationData = request.Properties.CorrelationData } };
        return AnswerTo(request.Topic) is { } byTopic ? new Publish(byTopic) { QoS = request.QoS } : null;
    }
}
