namespace Akka.Mqtt.Dashboard.Answers;

/// <summary>Why a request failed.</summary>
/// <param name="Error">The reason as a text for people.</param>
internal sealed record Failure(string Error);
