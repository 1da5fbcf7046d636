namespace Akka.Mqtt.Dashboard.Answers;

/// <summary>A page of the topic levels one level below a topic.</summary>
/// <param name="Levels">The levels, in ordinal order.</param>
/// <param name="Total">The number of all levels, with those of other pages.</param>
/// <param name="Next">The value of <c>after</c> for the next page; null on the last one.</param>
internal sealed record RetainedAnswer(IReadOnlyList<RetainedRow> Levels, int Total, string? Next);

/// <summary>A topic level.</summary>
/// <param name="Level">The level itself.</param>
/// <param name="Topic">The topic that ends with it.</param>
/// <param name="HasMessage">Whether this topic has a retained message.</param>
/// <param name="HasMore">Whether levels below it exist.</param>
/// <param name="Size">The bytes of the payload; 0 without a message.</param>
/// <param name="Qos">The QoS of the message; 0 without a message.</param>
/// <param name="ReceivedAt">When the server received the message; null without one.</param>
internal sealed record RetainedRow(string Level, string Topic, bool HasMessage, bool HasMore, int Size, int Qos, DateTimeOffset? ReceivedAt);

/// <summary>A retained message.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Qos">The QoS.</param>
/// <param name="ReceivedAt">When the server received it.</param>
/// <param name="Publisher">The client that published it; empty for none.</param>
/// <param name="Size">The bytes of the payload.</param>
/// <param name="Text">The payload if it is UTF-8 without control characters other than line breaks and tabs; otherwise null.</param>
/// <param name="Base64">The first 64 KiB of the payload.</param>
/// <param name="ContentType">The content type of MQTT 5.0; null for none.</param>
internal sealed record RetainedMessageAnswer(
    string Topic, int Qos, DateTimeOffset ReceivedAt, string Publisher, int Size, string? Text, string Base64, string? ContentType);

/// <summary>A message to publish. It has at most one of text and base64.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Text">The payload as text.</param>
/// <param name="Base64">The payload as bytes.</param>
/// <param name="Qos">0 to 2.</param>
/// <param name="Retain">Whether it is retained.</param>
internal sealed record PublishRequest(string Topic, string? Text = null, string? Base64 = null, int Qos = 0, bool Retain = false);

/// <summary>The result of a publication.</summary>
/// <param name="Reason">The reason code, as a PUBACK would have it.</param>
/// <param name="Code">Its number.</param>
internal sealed record PublishAnswer(string Reason, int Code);

/// <summary>A request to clear a retained message.</summary>
/// <param name="Topic">The topic.</param>
internal sealed record ClearRequest(string Topic);

/// <summary>The result of an action without other results.</summary>
internal sealed record DoneAnswer(bool Changed);
