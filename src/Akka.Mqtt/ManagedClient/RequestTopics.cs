using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>The topics of requests and answers. See <see cref="MqttRequestStyle"/>.</summary>
internal static class RequestTopics
{
    private const string Request = "/request/";
    private const string Response = "/response/";
    private const int NameLength = 32;
    private const int OwnerLength = 8;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>The filter of a responder for requests by topic.</summary>
    public static string Requests(string topic) => $"{topic}{Request}+/+";

    /// <summary>The filter of a requester for answers by topic.</summary>
    public static string Answers(string topic, string requester) => $"{topic}{Response}{requester}/+";

    /// <summary>The topic of a request by topic.</summary>
    public static string OfRequest(string topic, string requester, string number) => $"{topic}{Request}{requester}/{number}";

    /// <summary>The topic of the answer to a request by topic; null when the topic is not that of such a request.</summary>
    public static string? AnswerTo(string topic)
    {
        var at = topic.LastIndexOf(Request, StringComparison.Ordinal);
        return at > 0 && topic.AsSpan(at + Request.Length).Count('/') == 1 ? $"{topic.AsSpan(0, at)}{Response}{topic.AsSpan(at + Request.Length)}" : null;
    }

    /// <summary>
    /// The prefix of the requester names of a client: 8 hexadecimal digits that depend on its client identifier. With it a client recognizes answers to
    /// requests of an earlier process, which its session may still deliver.
    /// </summary>
    public static string OwnerOf(string clientId) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(clientId)).AsSpan(0, OwnerLength / 2));

    /// <summary>A new name of a requester: 32 hexadecimal digits, of which 24 are random.</summary>
    public static string NewRequester(string owner) => owner + Guid.NewGuid().ToString("N")[..(NameLength - OwnerLength)];

    /// <summary>The topic of answers by properties.</summary>
    public static string AnswersByProperties(string requester) => $"{Response[1..]}{requester}";

    /// <summary>Whether a topic is one for answers, by properties or by topic, to any requester of an owner.</summary>
    public static bool IsAnswerFor(string owner, string topic)
    {
        var at = topic.LastIndexOf(Response, StringComparison.Ordinal);
        var name = at > 0 ? topic.AsSpan(at + Response.Length)
            : topic.StartsWith(Response[1..], StringComparison.Ordinal) ? topic.AsSpan(Response.Length - 1)
            : default;
        if (name.Length < NameLength || !name.StartsWith(owner, StringComparison.Ordinal) || name[..NameLength].ContainsAnyExcept(HexDigits))
            return false;
        var number = name[NameLength..];
        return at > 0 ? number.Length > 1 && number[0] == '/' && !number[1..].ContainsAnyExceptInRange('0', '9') : number.IsEmpty;
    }

    /// <summary>The number of the request that an answer by topic is for.</summary>
    public static string NumberOf(string topic) => topic[(topic.LastIndexOf('/') + 1)..];

    /// <summary>The topic and properties of the answer to a request; null when no answer is needed.</summary>
    public static Publish? AnswerTo(Publish request)
    {
        if (request.Properties?.ResponseTopic is { } topic)
            return new Publish(topic) { QoS = request.QoS, Properties = new PublishProperties { CorrelationData = request.Properties.CorrelationData } };
        return AnswerTo(request.Topic) is { } byTopic ? new Publish(byTopic) { QoS = request.QoS } : null;
    }
}
