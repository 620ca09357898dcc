//! What people send for an image although it is of a format that is not read, or no image at all.

/// A page that stands where an image should be.
pub const HTML: &[u8] =
    b"<!doctype html>\n<html><head><title>Not found</title></head><body>It was here.</body></html>\n";

/// Formats that are told by their content and not read, each with its name: whole where that is short, else the beginning.
pub const FOREIGN: [(&str, &[u8]); 13] = [
    ("SVG", b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"),
    ("PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF\n"),
    ("PostScript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n"),
    ("TIFF", b"II*\0\x08\0\0\0\0\0\0\0\0\0"),
    ("TIFF", b"MM\0*\0\0\0\x08\0\0\0\0\0\0"),
    ("HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
    ("AVIF", b"\0\0\0\x18ftypavif\0\0\0\0mif1avif"),
    ("BMP", b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"),
    ("ICO", b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0"),
    ("PSD", b"8BPS\0\x01"),
    ("JPEG 2000", b"\0\0\0\x0cjP  \r\n\x87\n"),
    ("JPEG XL", b"\xff\x0a\xfa\x1f"),
    ("JPEG XL", b"\0\0\0\x0cJXL \r\n\x87\n"),
];
