using System.Net;

namespace Akka.Mqtt;

/// <summary>The address of a WebSocket server: a <c>ws</c> or <c>wss</c> URI.</summary>
public sealed class UriEndPoint : EndPoint, IEquatable<UriEndPoint>
{
    /// <summary>Creates the address of a WebSocket server.</summary>
    /// <param name="uri">An absolute <c>ws</c> or <c>wss</c> URI.</param>
    public UriEndPoint(Uri uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (!uri.IsAbsoluteUri || (uri.Scheme != Uri.UriSchemeWs && uri.Scheme != Uri.UriSchemeWss))
            throw new ArgumentException("An absolute ws or wss URI is needed.", nameof(uri));
        Uri = uri;
    }

    /// <summary>The URI.</summary>
    public Uri Uri { get; }

    /// <summary>HTTP headers of the handshake, for example <c>Authorization</c>. Default: none. Not part of equality.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <inheritdoc/>
    public bool Equals(UriEndPoint? other) => other is not null && other.Uri == Uri;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as UriEndPoint);

    /// <inheritdoc/>
    public override int GetHashCode() => Uri.GetHashCode();

    /// <summary>Shows the URI without parts that may be secret: user, password and query, which often contains a token.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() =>
        Uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.SafeUnescaped) + (Uri.Query.Length > 0 ? "?…" : "");
}
